using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes;

/// <summary>The activation that some operators apply to their result.</summary>
internal static class ActivationSlot
{
    private static readonly HashSet<string> ActivatedBinaries = new(StringComparer.Ordinal) { "Add", "Sub", "Mul", "Div", "Max", "Min" };

    /// <summary>The activation of <paramref name="op"/>; null where the operator cannot have one.</summary>
    public static Activation? Of(Operator op) => op switch
    {
        Conv conv => conv.Activation,
        ConvTranspose conv => conv.Activation,
        Gemm gemm => gemm.Activation,
        MatMul product => product.Activation,
        DynamicConv product => product.Activation,
        BatchNorm { Training: false } norm => norm.Activation,
        Binary binary when ActivatedBinaries.Contains(binary.Kind) => binary.Activation,
        _ => null,
    };

    /// <summary><paramref name="op"/> with another activation.</summary>
    public static Operator With(Operator op, Activation activation) => op switch
    {
        Conv conv => conv with { Activation = activation },
        ConvTranspose conv => conv with { Activation = activation },
        Gemm gemm => gemm with { Activation = activation },
        MatMul product => product with { Activation = activation },
        DynamicConv product => product with { Activation = activation },
        BatchNorm norm => norm with { Activation = activation },
        Binary binary => binary with { Activation = activation },
        _ => throw new InvalidOperationException($"{op.Kind} has no activation"),
    };

    /// <summary>Whether <paramref name="node"/> is <c>Add</c>, <c>Mul</c>... without an activation.</summary>
    public static bool IsPlain(this Node node, string function) => node.Operator is Binary { Activation.Kind: ActivationKind.None } binary && binary.Kind == function;

    /// <summary>Whether <paramref name="value"/> is float32, which is what fused kernels compute.</summary>
    public static bool IsF32(this Value value) => value.Info.Type == DataType.F32;
}
