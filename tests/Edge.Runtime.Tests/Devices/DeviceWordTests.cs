using Edge.Kernels.Quantization;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>As <see cref="DeviceQuantTests"/> where an operand or the result has 16 bits.</summary>
public class DeviceWordTests(ITestOutputHelper log)
{
    /// <summary>Each is a program of its own; see <see cref="DeviceQuantTests"/>.</summary>
    private const int Convolutions = 12;

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ConvolutionsGiveTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var random = new Random(11);
        var rows = new SortedDictionary<string, int>();
        for (int i = 0; i < Convolutions; i++)
        {
            QuantConvCase test = WordProblems.Conv(random, QuantProblems.Kind(i));
            DeviceBits.Compare(device, DeviceBits.Operator(test.Problem), [test.X], [test.W, test.Bias, test.Multipliers], rows);
        }
        // Around the edges of tiles, of fours and of words.
        foreach ((int channels, int outputs, int group) in new[] { (8, 72, 1), (64, 68, 2), (3, 8, 1), (12, 12, 12), (6, 10, 1), (1, 1, 1) })
        {
            foreach ((DataType from, DataType to) in WordProblems.Pairs)
            {
                Tensor x = WordProblems.Integers(random, from, new Shape(2, channels, 9, 70));
                DeviceBits.Compare(device, Padded(to) with { Group = group, XZero = from == DataType.S8 ? -17 : 0 }, [x], Operands(random, outputs, channels / group), rows);
            }
        }
        // The greatest products of lower bytes, which fill the floats of a tile.
        Tensor[] operands = Operands(random, 4, 600);
        operands[0].Span<sbyte>().Fill(-128);
        Tensor ones = Tensor.Allocate(DataType.S16, new Shape(1, 600, 5, 5));
        ones.Span<short>().Fill(-1);
        DeviceBits.Compare(device, Padded(DataType.S16), [ones], operands, rows);
        log.WriteLine(string.Join(", ", rows.Select(r => $"{r.Key}: {r.Value}")));
        Assert.Empty(QuantConvKernels.Table.DeviceRows.Select(r => r.Name).Where(r => r.Contains("_s16_", StringComparison.Ordinal)).Except(rows.Keys));
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void OthersGiveTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var random = new Random(12);
        var rows = new SortedDictionary<string, int>();
        for (int i = 0; i < 60; i++)
        {
            // The shortest ones end within a word, or within the first of two.
            int count = i < 16 ? (i / 2) + 1 : random.Next(1, 500);
            (QuantAddProblem sum, Tensor a, Tensor b) = WordProblems.Add(random, count);
            DeviceBits.Compare(device, DeviceBits.Operator(sum), [a, b], [], rows);
            (QuantTableProblem function, Tensor x, Tensor table) = WordProblems.Table(random, count);
            DeviceBits.Compare(device, DeviceBits.Operator(function), [x], [table], rows);
        }
        for (int i = 0; i < 16; i++)
        {
            (QuantAveragePoolProblem mean, Tensor x) = WordProblems.Pool(random, countsPads: i % 2 == 0);
            DeviceBits.Compare(device, DeviceBits.Operator(mean), [x], [], rows);
            DeviceBits.Compare(device, DeviceBits.Maximum(mean.Window), [x], [], rows);
        }
        log.WriteLine(string.Join(", ", rows.Select(r => $"{r.Key}: {r.Value}")));
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void SoftmaxGivesTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var random = new Random(13);
        var rows = new SortedDictionary<string, int>();
        foreach (double scale in new[] { 1e-2, 1e-3, 1e-4, 1e-5, 0 })
        {
            int[] table = [.. Enumerable.Range(0, 512).Select(d => (int)Math.Round(Math.Exp(-(d < 256 ? d * 256 : d - 256) * scale) * (1 << 24)))];
            // No exponential function gives numerators of more than 32 bits, but the rule allows them.
            int[] large = [.. table.Select(_ => random.Next(1, int.MaxValue))];
            foreach (Shape shape in new[] { new Shape(1, 1000), new Shape(3, 7, 5), new Shape(2, 1), new Shape(1, 3) })
            {
                foreach (int[] entries in new[] { table, large })
                {
                    DeviceBits.Compare(device, new QuantSoftmax { Axis = 1 }, [WordProblems.Integers(random, DataType.S16, shape)], [Tensor.FromVector<int>(entries)], rows);
                }
            }
        }
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void MovesAndEdgesGiveTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var rows = new SortedDictionary<string, int>();
        // 35 positions of 3 channels: rows, images and all of it end within a word.
        foreach (Shape shape in new[] { new Shape(2, 6, 5, 7), new Shape(1, 3, 5, 7) })
        {
            Tensor image = RandomTensor.Bytes(DataType.S16, shape, 1);
            DeviceBits.Compare(device, new Transpose { Permutation = [3, 0, 2, 1] }, [image], [], rows);
            DeviceBits.Compare(device, new Slice { Starts = [1, 1], Ends = [5, 6], Axes = [1, 3] }, [image], [], rows);
            DeviceBits.Compare(device, new Slice { Starts = [-1], Ends = [-100], Axes = [3], Steps = [-2] }, [image], [], rows);
            DeviceBits.Compare(device, new Concat { Axis = 3 }, [image, image, image], [], rows);
            DeviceBits.Compare(device, new Split { Axis = 3, Sizes = [3, 4] }, [image], [], rows);
            DeviceBits.Compare(device, new Pad { Pads = [0, 0, 1, 2, 0, 0, 2, 1], Value = -7777 }, [image], [], rows);
            DeviceBits.Compare(device, new Pad { Pads = [0, 0, 1, 2, 0, 0, 2, 1], Mode = Kernels.Movement.PadMode.Reflect }, [image], [], rows);
            DeviceBits.Compare(device, new Resize { Rule = new ResizeRule { Mode = ResizeMode.Nearest } }, [image], [Tensor.Allocate(DataType.F32, new Shape(0)), Tensor.FromVector(1f, 1f, 2f, 1.5f)], rows);
            DeviceBits.Compare(device, new MaxPool { Kernel = [3, 2], Strides = [1, 2], Pads = [1, 0, 1, 1], Dilations = [1, 1] }, [image], [], rows);
        }
        foreach (float scale in new[] { 0.1f, 1e-30f, 3.7f, 1 / 3f, 1e-5f })
        {
            foreach (short zero in new short[] { 0, -3, short.MinValue, short.MaxValue })
            {
                Tensor[] grid = [Tensor.FromScalar(scale), Tensor.FromScalar(zero)];
                DeviceBits.Compare(device, new QuantizeLinear { OutputType = DataType.S16 }, [DeviceBits.Halves(scale)], grid, rows);
                DeviceBits.Compare(device, new QuantizeLinear { OutputType = DataType.S16 }, [RandomTensor.F32(new Shape(1001), 4, -70_000 * scale, 70_000 * scale)], grid, rows);
                DeviceBits.Compare(device, new QuantizeLinear { OutputType = DataType.S16 }, [RandomTensor.F32WithSpecials(new Shape(101), 4)], grid[..(zero == 0 ? 1 : 2)], rows);
                DeviceBits.Compare(device, new DequantizeLinear(), [RandomTensor.Bytes(DataType.S16, new Shape(2, 6, 11), 1)], grid[..(zero == 0 ? 1 : 2)], rows);
            }
        }
        Tensor[] grids = [RandomTensor.F32(new Shape(6), 1, 0.1f, 1), RandomTensor.Bytes(DataType.S16, new Shape(6), 2)];
        DeviceBits.Compare(device, new DequantizeLinear { Axis = 1 }, [RandomTensor.Bytes(DataType.S16, new Shape(2, 6, 5), 1)], grids, rows);
        log.WriteLine(string.Join(", ", rows.Keys));
        Assert.Equal(0, device.LiveObjects);
    }

    private static QuantConv Padded(DataType to) => new()
    {
        Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1], Result = to == DataType.S16 ? QuantResult.Words(0.1f, -30_000) : new QuantResult(0.1f, 5, -120, 101),
    };

    private static Tensor[] Operands(Random random, int outputs, int channels) =>
        [QuantProblems.Bytes(random, new Shape(outputs, channels, 3, 3)), QuantProblems.Ints(random, outputs, -50_000, 50_000), QuantProblems.Ints(random, outputs, 0, 1 << 22)];
}
