using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class IntegerConvTests
{
    private const float XScale = 0.043f;
    private const float YScale = 0.71f;
    private const int YZero = 5;

    private static readonly (DataType X, DataType W)[] Types =
        [(DataType.U8, DataType.U8), (DataType.U8, DataType.S8), (DataType.S8, DataType.S8), (DataType.S8, DataType.U8)];

    /// <summary>Batch, group, channels per group in and out, spatial size, kernel, stride, dilation, pads before and after.</summary>
    public static TheoryData<int, int, int, int, int[], int[], int, int, int, int> Cases => new()
    {
        { 1, 1, 1, 1, [1], [1], 1, 1, 0, 0 },
        { 2, 1, 3, 5, [7], [3], 2, 1, 1, 1 },
        { 1, 1, 3, 5, [5, 7], [1, 1], 1, 1, 0, 0 },
        { 2, 1, 3, 4, [5, 7], [3, 3], 1, 1, 1, 1 },
        { 1, 2, 2, 3, [7, 6], [3, 2], 2, 1, 1, 0 },
        { 1, 5, 1, 1, [8, 9], [3, 3], 1, 2, 2, 1 },
        { 1, 3, 1, 2, [4, 4], [2, 2], 3, 1, 3, 0 },
        { 1, 1, 2, 2, [3, 4, 5], [2, 3, 2], 1, 1, 1, 1 },
        { 0, 1, 2, 2, [3, 4], [2, 2], 1, 1, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowSumsTheProducts(
        int batch, int groups, int channels, int filters, int[] size, int[] kernel, int stride, int dilation, int before, int after)
    {
        var window = new Window(
            Extent.From(kernel, 1), Spread(stride, size.Length, 1), Spread(dilation, size.Length, 1), Spread(before, size.Length, 0), Spread(after, size.Length, 0));
        Extent input = Extent.From(size, 1);
        var output = new Extent((int)window.OutputSize(0, input.D), (int)window.OutputSize(1, input.H), (int)window.OutputSize(2, input.W));
        foreach ((DataType x, DataType w) in Types)
        {
            foreach (DataType y in new[] { DataType.S32, x })
            {
                foreach (int full in new[] { 0, 1 })
                {
                    bool requantizes = y != DataType.S32;
                    Check(new IntegerConvProblem(
                        x, w, y, batch, groups * channels, groups * filters, groups, input, output, window,
                        full == 1, full == 1, requantizes && full == 1, full, requantizes ? full : 0));
                }
            }
        }
    }

    private static Extent Spread(int value, int rank, int fill) => Extent.From(Enumerable.Repeat(value, rank).ToArray(), fill);

    private static void Check(IntegerConvProblem problem)
    {
        Extent kernel = problem.Window.Kernel;
        Tensor x = RandomTensor.Bytes(problem.X, new Shape(problem.Batch, problem.InChannels, problem.Input.D, problem.Input.H, problem.Input.W), 1);
        Tensor w = RandomTensor.Bytes(problem.W, new Shape(problem.OutChannels, problem.GroupInChannels, kernel.D, kernel.H, kernel.W), 2);
        Tensor xZero = RandomTensor.Bytes(problem.X, new Shape(1), 3);
        Tensor wZero = RandomTensor.Bytes(problem.W, new Shape(problem.ZeroStride == 1 ? problem.OutChannels : 1), 4);
        Tensor bias = Tensor.FromVector<int>([.. Enumerable.Range(0, problem.OutChannels).Select(m => (m * 977) - 2000)]);
        Tensor wScale = RandomTensor.F32(new Shape(problem.ScaleStride == 1 ? problem.OutChannels : 1), 5, 0.001f, 0.01f);
        Tensor yZero = problem.Y == DataType.U8 ? Tensor.FromScalar((byte)YZero) : Tensor.FromScalar((sbyte)YZero);
        Tensor?[] inputs =
        [
            x, w, problem.HasXZero ? xZero : null, problem.HasWZero ? wZero : null, problem.HasBias ? bias : null,
            Tensor.FromScalar(XScale), wScale, Tensor.FromScalar(YScale), yZero,
        ];
        inputs = problem.Y == DataType.S32 ? inputs[..4] : inputs;
        long[] expected = [.. Sums(problem, inputs).Select((s, i) => problem.Y == DataType.S32 ? s : Requantized(problem, s, wScale, i))];
        var info = new TensorInfo(problem.Y, new Shape(problem.Batch, problem.OutChannels, problem.Output.D, problem.Output.H, problem.Output.W));
        foreach (KernelRow<IntegerConvProblem> row in IntegerConvKernels.Table.Candidates(problem, Cpu.Features))
        {
            using Kernel rowKernel = row.Create(problem);
            Assert.Equal(expected, KernelRunner.Run(rowKernel, inputs, [info], threads: 2)[0].ToInt64());
        }
    }

    private static long Requantized(IntegerConvProblem problem, long sum, Tensor wScale, int index)
    {
        int m = (int)(index / problem.Output.Count % problem.OutChannels);
        float factor = XScale * wScale.Span<float>()[m * problem.ScaleStride] / YScale;
        (int low, int high) = problem.Y == DataType.U8 ? (0, 255) : (-128, 127);
        return Math.Clamp((long)MathF.Round(sum * factor) + YZero, low, high);
    }

    /// <summary>Written the other way round: every input is carried to the outputs that it reaches.</summary>
    private static long[] Sums(IntegerConvProblem problem, Tensor?[] inputs)
    {
        long[] x = inputs[0]!.ToInt64();
        long[] w = inputs[1]!.ToInt64();
        long xZero = inputs[2]?.ToInt64()[0] ?? 0;
        long[] wZero = inputs[3]?.ToInt64() ?? [0];
        long[]? bias = inputs.Length > 4 ? inputs[4]?.ToInt64() : null;
        (Extent i, Extent o, Window window) = (problem.Input, problem.Output, problem.Window);
        var sums = new long[problem.Batch * problem.OutChannels * o.Count];
        for (int at = 0; at < sums.Length; at++)
        {
            sums[at] = bias?[at / o.Count % problem.OutChannels] ?? 0;
        }
        for (int at = 0; at < x.Length; at++)
        {
            long channel = at / i.Count % problem.InChannels;
            long batch = at / i.Count / problem.InChannels;
            long group = channel / problem.GroupInChannels;
            for (int f = 0; f < problem.GroupOutChannels; f++)
            {
                long m = (group * problem.GroupOutChannels) + f;
                for (int tap = 0; tap < window.Kernel.Count; tap++)
                {
                    if (Target(i, o, window, at % i.Count, tap) is { } target)
                    {
                        long weight = w[(((m * problem.GroupInChannels) + (channel % problem.GroupInChannels)) * window.Kernel.Count) + tap];
                        sums[(((batch * problem.OutChannels) + m) * o.Count) + target] += (x[at] - xZero) * (weight - wZero[m * problem.ZeroStride % wZero.Length]);
                    }
                }
            }
        }
        return sums;
    }

    /// <summary>The output that reads input <paramref name="at"/> with a tap, or null.</summary>
    private static long? Target(Extent input, Extent output, Window window, long at, long tap)
    {
        long target = 0;
        long places = 1;
        for (int axis = 2; axis >= 0; axis--)
        {
            long scaled = (at % input[axis]) + window.PadBegin[axis] - (tap % window.Kernel[axis] * window.Dilation[axis]);
            if (scaled < 0 || scaled % window.Stride[axis] != 0 || scaled / window.Stride[axis] >= output[axis])
            {
                return null;
            }
            target += scaled / window.Stride[axis] * places;
            places *= output[axis];
            at /= input[axis];
            tap /= window.Kernel[axis];
        }
        return target;
    }
}
