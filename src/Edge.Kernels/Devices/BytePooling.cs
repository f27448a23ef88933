using Edge.Kernels.Tensors;

namespace Edge.Kernels.Devices;

/// <summary>Windows over integers of 8 or 16 bits on devices: <c>bytepool.kernel</c>, maxima and means.</summary>
internal static class BytePooling
{
    private const int Quad = 4;

    public static bool Fits(int batch, int channels, Extent input, Extent output) =>
        batch > 0 && channels > 0 && input.Count > 0 && output.Count > 0
        && batch * (double)channels * input.Count <= Words.MostElements && batch * (double)channels * output.Count <= Words.MostElements;

    /// <summary>The maximum over windows.</summary>
    /// <param name="type">s8 or s16.</param>
    /// <param name="channelsLast">Whether channels of a position lie side by side, else positions of a channel.</param>
    public static DeviceKernel Maximum(DataType type, int batch, int channels, Extent input, Extent output, Window window, bool channelsLast) =>
        new([Dispatch(type, [0, 0, Words.Of(channelsLast), Words.IsWide(type)], batch, channels, input, output, window, [0, 0, 0, 0], Operand.Input(0))]);

    /// <param name="type">Of the input.</param>
    /// <param name="form">The constants AVERAGE, INCLUDE_PAD, LAST and Y16.</param>
    /// <param name="result">The arguments x_zero to high.</param>
    /// <param name="multipliers">By the number of taps.</param>
    public static DeviceDispatch Dispatch(DataType type, int[] form, int batch, int channels, Extent input, Extent output, Window window, int[] result, Operand multipliers)
    {
        long count = batch * (long)channels * output.Count;
        return new DeviceDispatch(
            KernelSources.Find($"bytepool_{type.Name()}"),
            [.. form, .. window.Constants()],
            [Operand.Input(0), multipliers, Operand.Output()],
            [
                (int)count, channels, input.D, input.H, input.W, output.H, output.W, (int)output.Count,
                input.D + window.PadEnd.D, input.H + window.PadEnd.H, input.W + window.PadEnd.W, .. result,
            ],
            Groups.For((count + Quad - 1) / Quad, 64));
    }
}
