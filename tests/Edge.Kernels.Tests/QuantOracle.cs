using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Tests;

/// <summary>The rules of docs/quantization.md written once more, in 64-bit integers and floor division, for tensors channels last.</summary>
internal static class QuantOracle
{
    public static int[] Conv(QuantConvProblem problem, int[] x, int[] w, int[] bias, int[] multipliers)
    {
        var y = new int[problem.Batch * problem.OutChannels * problem.Output.H * problem.Output.W];
        int taps = problem.Window.Kernel.H * problem.Window.Kernel.W;
        for (int i = 0; i < y.Length; i++)
        {
            int m = i % problem.OutChannels;
            int position = i / problem.OutChannels % (problem.Output.H * problem.Output.W);
            int n = i / problem.OutChannels / (problem.Output.H * problem.Output.W);
            long sum = bias[m];
            for (int k = 0; k < taps * problem.GroupInChannels; k++)
            {
                int h = Position(problem.Window, 1, position / problem.Output.W, k % taps / problem.Window.Kernel.W);
                int v = Position(problem.Window, 2, position % problem.Output.W, k % taps % problem.Window.Kernel.W);
                if (h >= 0 && h < problem.Input.H && v >= 0 && v < problem.Input.W)
                {
                    int channel = (m / problem.GroupOutChannels * problem.GroupInChannels) + (k / taps);
                    long value = x[(((((n * problem.Input.H) + h) * problem.Input.W) + v) * problem.InChannels) + channel];
                    sum += (value - problem.XZero) * w[(m * taps * problem.GroupInChannels) + k];
                }
            }
            y[i] = Rescale(Wrap(sum), multipliers[m], problem.YZero, problem.Low, problem.High);
        }
        return y;
    }

    public static int[] Add(QuantAddProblem problem, int[] a, int[] b) =>
    [
        .. a.Zip(b, (s, t) =>
        {
            long sum = Wrap(((long)s * problem.AMultiplier) + ((long)t * problem.BMultiplier) + problem.Offset);
            return (int)Math.Clamp(FloorDivide(sum, 1L << problem.Shift), problem.Low, problem.High);
        }),
    ];

    public static int[] Table(QuantTableProblem problem, int[] x, int[] table) =>
    [
        .. x.Select(v =>
        {
            if (problem.XType == DataType.S8)
            {
                return table[v + 128];
            }
            long first = FloorDivide(v + 32768, 128);
            long part = v + 32768 - (128 * first);
            long sum = (128 * table[first]) + (part * (table[first + 1] - table[first]));
            long divisor = problem.YType == DataType.S16 ? 128 : 32768;
            return (int)Math.Clamp(FloorDivide(sum + (divisor / 2), divisor), problem.Low, problem.High);
        }),
    ];

    public static int[] AveragePool(QuantAveragePoolProblem problem, int[] x) => Pool(
        problem.Channels, problem.Input, problem.Output, problem.Window, (values, declared) =>
        {
            int count = problem.CountIncludePad ? declared : values.Length;
            long sum = Wrap(values.Sum(v => (long)x[v] - problem.XZero));
            return Rescale(sum, count == 0 ? 0 : Rescaling.Multiplier((double)problem.Ratio / count), problem.YZero, problem.Low, problem.High);
        });

    public static int[] MaxPool(int channels, Extent input, Extent output, Window window, int[] x, int least) =>
        Pool(channels, input, output, window, (values, _) => values.Length == 0 ? least : values.Max(v => x[v]));

    public static float[] Softmax(QuantSoftmaxProblem problem, int[] x, int[] table)
    {
        var y = new float[x.Length];
        for (long line = 0; line < problem.Outer * problem.Inner; line++)
        {
            long[] at = [.. Enumerable.Range(0, problem.Size).Select(i => (((line / problem.Inner * problem.Size) + i) * problem.Inner) + (line % problem.Inner))];
            int max = at.Max(i => x[i]);
            long[] numerators = [.. at.Select(i => FloorDivide(((long)table[(max - x[i]) / 256] * table[256 + ((max - x[i]) % 256)]) + (1 << 23), 1 << 24))];
            for (int i = 0; i < problem.Size; i++)
            {
                y[at[i]] = (float)numerators[i] / (float)numerators.Sum();
            }
        }
        return y;
    }

    /// <summary>The integers of a tensor of s8, s16 or s32.</summary>
    public static int[] Integers(Tensor tensor) => tensor.Type switch
    {
        DataType.S8 => [.. tensor.ToArray<sbyte>().Select(v => (int)v)],
        DataType.S16 => [.. tensor.ToArray<short>().Select(v => (int)v)],
        _ => tensor.ToArray<int>(),
    };

    /// <param name="reduce">Gives the result of the offsets of the taps on the input, and the number of taps on it and on padding.</param>
    private static int[] Pool(int channels, Extent input, Extent output, Window window, Func<int[], int, int> reduce)
    {
        var y = new int[channels * output.H * output.W];
        for (int i = 0; i < y.Length; i++)
        {
            int position = i / channels;
            (int H, int W)[] taps =
            [
                .. Enumerable.Range(0, window.Kernel.H).SelectMany(h => Enumerable.Range(0, window.Kernel.W).Select(
                    w => (Position(window, 1, position / output.W, h), Position(window, 2, position % output.W, w)))),
            ];
            int[] values = [.. taps.Where(t => t.H >= 0 && t.H < input.H && t.W >= 0 && t.W < input.W).Select(t => (((t.H * input.W) + t.W) * channels) + (i % channels))];
            y[i] = reduce(values, taps.Count(t => t.H < input.H + window.PadEnd.H && t.W < input.W + window.PadEnd.W));
        }
        return y;
    }

    private static int Position(Window window, int axis, int output, int tap) => (output * window.Stride[axis]) + (tap * window.Dilation[axis]) - window.PadBegin[axis];

    private static int Rescale(long sum, int multiplier, int zero, int low, int high) =>
        (int)Math.Clamp(zero + FloorDivide((sum * multiplier) + (1L << 30), 1L << 31), low, high);

    /// <summary>Modulo 2^32, as a signed number.</summary>
    private static long Wrap(long sum) => sum - (FloorDivide(sum + (1L << 31), 1L << 32) * (1L << 32));

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);
}
