using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Checks on element types that several operators share.</summary>
internal static class TypeRules
{
    /// <summary>Requires input <paramref name="index"/>, where present, to have the type of input 0.</summary>
    public static void RequireSameType(in OperatorInputs inputs, int index)
    {
        if (inputs.Has(index) && inputs.Type(index) != inputs.Type(0))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs.Type(index).Name()}, input 0 is {inputs.Type(0).Name()}; both must be the same", "insert a Cast");
        }
    }

    /// <summary>Requires input 0 to be a float tensor.</summary>
    public static void RequireFloat(in OperatorInputs inputs)
    {
        if (!inputs.Type(0).IsFloat())
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input 0 is {inputs.Type(0).Name()}, expected a float type", "insert a Cast");
        }
    }
}
