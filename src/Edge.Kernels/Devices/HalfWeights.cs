using Edge.Kernels.Tensors;

namespace Edge.Kernels.Devices;

/// <summary>Constant weights in float16, two in a word: any device reads them, whatever it computes in.</summary>
internal static class HalfWeights
{
    /// <summary>Rounds float32 values to the nearest float16; one zero is added where their number is odd.</summary>
    /// <exception cref="NotSupportedException">A finite value is beyond 65504.</exception>
    public static Tensor Of(Tensor values)
    {
        ReadOnlySpan<float> source = values.Span<float>();
        Tensor halves = Tensor.Allocate(DataType.F16, new Shape((source.Length + 1) / 2 * 2));
        Span<Half> target = halves.Span<Half>();
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = (Half)source[i];
            if (Half.IsInfinity(target[i]) && float.IsFinite(source[i]))
            {
                throw new NotSupportedException(FormattableString.Invariant($"the weight {source[i]} is beyond the largest float16, {(float)Half.MaxValue}; use --precision f32"));
            }
        }
        GC.KeepAlive(values);
        return halves;
    }
}
