using Edge.Kernels.Movement;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>Operators that give elements of their inputs back unchanged: integers keep their scheme.</summary>
internal static class Moves
{
    /// <summary>
    /// The operator for integers, where <paramref name="node"/> only moves elements of input 0 (or of all its inputs: Concat); null for
    /// others.
    /// </summary>
    /// <param name="zero">The integer that stands for 0.</param>
    public static Operator? AsIntegers(Node node, int zero) => node.Operator switch
    {
        Reshape or Flatten or Squeeze or Unsqueeze or Transpose or Slice or Split or Identity or Tile or Expand or Concat when HasConstantArguments(node) => node.Operator,
        MaxPool when node.Outputs.Count == 1 => node.Operator,
        Pad { Mode: PadMode.Constant, Value: 0 } pad when node.Input(2) is null && HasConstantArguments(node) => pad with { Value = zero },
        Pad { Mode: not PadMode.Constant } when HasConstantArguments(node) => node.Operator,
        Resize { Rule: { Mode: ResizeMode.Nearest, Coordinates: not CoordinateMode.TfCropAndResize } } when HasConstantArguments(node) => node.Operator,
        _ => null,
    };

    /// <summary>Whether <paramref name="node"/> joins several inputs.</summary>
    public static bool Joins(Node node) => node.Operator is Concat;

    /// <summary>Whether a convolution or product depends on <paramref name="value"/>: what nothing computes with later is better joined in float32, where parts keep their own scales.</summary>
    public static bool LeadsToProduct(Value value)
    {
        var seen = new HashSet<Value>();
        var open = new Stack<Value>([value]);
        while (open.TryPop(out Value? next))
        {
            if (seen.Add(next))
            {
                if (next.Consumers.Any(c => c.Operator is Conv or Gemm))
                {
                    return true;
                }
                foreach (Value output in next.Consumers.SelectMany(c => c.Outputs))
                {
                    open.Push(output);
                }
            }
        }
        return false;
    }

    private static bool HasConstantArguments(Node node) => Joins(node)
        ? node.Inputs.All(v => v is { IsConstant: false, Info.Type: DataType.F32 })
        : node.Inputs.Skip(1).All(v => v is null or { IsConstant: true });
}
