namespace Edge.Kernels.Dispatch;

/// <summary>A value met at run time breaks the rule of an operator, for example an index out of range. The executor adds the node.</summary>
public sealed class KernelValueException(string message) : Exception(message);
