using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fold;

/// <summary>When a per-channel function of the input can move into the weights of a Conv or Gemm.</summary>
internal static class InputFolding
{
    /// <summary>Why not, or null. Padding is zero before and after scaling, but not after a shift.</summary>
    public static string? WhyNot(Node reader, ChannelAffine affine) => reader.Operator switch
    {
        Gemm { TransA: true } => "its input is transposed",
        Conv conv when conv.Pads.Any(p => p != 0) && affine.Shift.Any(s => s != 0) => "it pads, and the shift would not reach the padding",
        Conv or Gemm => ChannelAffine.WhyNotFoldable(reader),
        _ => "it has no weights",
    };
}
