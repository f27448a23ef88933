using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Planning;

/// <summary>One kernel call of a plan.</summary>
/// <param name="Node">The node that the step computes.</param>
/// <param name="RowName">The chosen kernel row; for late steps the word <c>late</c>.</param>
/// <param name="Kernel">Prepared kernel; null for late steps.</param>
/// <param name="Inputs">Null for absent optional inputs.</param>
/// <param name="Scratch">Working memory; null where none is needed.</param>
public sealed record PlanStep(Node Node, string RowName, Kernel? Kernel, Location?[] Inputs, Location[] Outputs, ArenaBuffer? Scratch)
{
    /// <summary>
    /// Shapes of this step depend on data: its kernel is chosen and its outputs are allocated during the run.
    /// </summary>
    public bool IsLate => Kernel is null;

    /// <summary>A device computes this step.</summary>
    public bool IsOnDevice => Kernel is DeviceKernel;
}
