using System.Security.Cryptography;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;
using Edge.Runtime.Tests.Execution;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>Operators on 8-bit integers on devices give the bits of the naive rows, over the problems of the processor's own tests.</summary>
public class DeviceQuantTests(ITestOutputHelper log)
{
    /// <summary>Each convolution is a program of its own, which drivers take a tenth of a second to compile.</summary>
    private const int Convolutions = 24;

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ConvolutionsGiveTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var random = new Random(1);
        var rows = new SortedDictionary<string, int>();
        for (int i = 0; i < Convolutions; i++)
        {
            QuantConvCase test = QuantProblems.Conv(random, QuantProblems.Kind(i));
            DeviceBits.Compare(device, DeviceBits.Operator(test.Problem), [test.X], [test.W, test.Bias, test.Multipliers], rows);
        }
        foreach ((int channels, int outputs, int group) in new[] { (16, 12, 1), (8, 72, 1), (64, 68, 2), (3, 8, 1), (12, 12, 12), (6, 10, 1) })
        {
            DeviceBits.Compare(device, Operator(outputs, group), [QuantProblems.Bytes(random, new Shape(2, channels, 9, 70))], Operands(random, outputs, channels / group), rows);
        }
        log.WriteLine(string.Join(", ", rows.Select(r => $"{r.Key}: {r.Value}")));
        Assert.Equal(
            QuantConvKernels.Table.DeviceRows.Select(r => r.Name).Where(r => r.Contains("_s8_", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            rows.Keys.Where(r => r.StartsWith("quantconv", StringComparison.Ordinal)));
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void OthersGiveTheBitsOfTheReference(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var random = new Random(2);
        var rows = new SortedDictionary<string, int>();
        for (int i = 0; i < 30; i++)
        {
            var shape = new Shape(random.Next(1, 500));
            DeviceBits.Compare(device, DeviceBits.Operator(QuantProblems.Add(random, shape.Count)), [QuantProblems.Bytes(random, shape), QuantProblems.Bytes(random, shape)], [], rows);
            DeviceBits.Compare(device, new QuantTable { Result = Result() }, [QuantProblems.Bytes(random, shape)], [QuantProblems.Bytes(random, new Shape(256))], rows);
        }
        for (int i = 0; i < 10; i++)
        {
            QuantPoolCase test = QuantProblems.Pool(random, countsPads: i % 2 == 0);
            DeviceBits.Compare(device, DeviceBits.Operator(test.Problem), [test.X], [], rows);
            DeviceBits.Compare(device, DeviceBits.Maximum(test.Problem.Window), [test.X], [], rows);
        }
        Tensor table = Tensor.FromVector<int>([.. Enumerable.Range(0, 256).Select(d => (int)Math.Round(Math.Exp(-d * 0.07) * (1 << 24)))]);
        foreach (Shape shape in new[] { new Shape(1, 1000), new Shape(3, 7, 5), new Shape(2, 1) })
        {
            DeviceBits.Compare(device, new QuantSoftmax { Axis = 1 }, [QuantProblems.Bytes(random, shape)], [table], rows);
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
        var random = new Random(3);
        var rows = new SortedDictionary<string, int>();
        Tensor image = RandomTensor.Bytes(DataType.S8, new Shape(2, 6, 5, 7), 1);
        DeviceBits.Compare(device, new Transpose { Permutation = [3, 0, 2, 1] }, [image], [], rows);
        DeviceBits.Compare(device, new Slice { Starts = [1, 1], Ends = [5, 6], Axes = [1, 3] }, [image], [], rows);
        DeviceBits.Compare(device, new Concat { Axis = 3 }, [image, image], [], rows);
        DeviceBits.Compare(device, new Split { Axis = 3, Sizes = [3, 4] }, [image], [], rows);
        DeviceBits.Compare(device, new Pad { Pads = [0, 0, 1, 2, 0, 0, 2, 1], Value = -7 }, [image], [], rows);
        foreach (float scale in new[] { 0.1f, 1e-30f, 3.7f, 1 / 3f })
        {
            foreach (DataType type in new[] { DataType.S8, DataType.U8 })
            {
                Tensor zero = type == DataType.S8 ? Tensor.FromScalar((sbyte)-3) : Tensor.FromScalar((byte)131);
                DeviceBits.Compare(device, new QuantizeLinear { OutputType = type }, [DeviceBits.Halves(scale)], [Tensor.FromScalar(scale), zero], rows);
                DeviceBits.Compare(device, new QuantizeLinear { OutputType = type }, [RandomTensor.F32WithSpecials(new Shape(101), 4)], [Tensor.FromScalar(scale), zero], rows);
                DeviceBits.Compare(device, new DequantizeLinear(), [RandomTensor.Bytes(type, new Shape(2, 6, 11), 1)], [Tensor.FromScalar(scale), zero], rows);
            }
        }
        DeviceBits.Compare(device, new DequantizeLinear { Axis = 1 }, [image], [RandomTensor.F32(new Shape(6), 1, 0.1f, 1), RandomTensor.Bytes(DataType.S8, new Shape(6), 2)], rows);
        log.WriteLine(string.Join(", ", rows.Keys));
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [MemberData(nameof(IntegerModelTests.Digests), MemberType = typeof(IntegerModelTests))]
    public void WholeModelsGiveTheBitsOfTheProcessor(string name, string digest)
    {
        ModelFile model = EdgeReader.Read(Path.Combine(AppContext.BaseDirectory, "Samples", name));
        int devices = 0;
        foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
        {
            using IDevice? device = TestDevices.TryOpen(api, out string why);
            log.WriteLine(device?.Info.Name ?? why);
            if (device is null)
            {
                continue;
            }
            devices++;
            using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1, Device = device });
            Assert.Empty(session.Plan.Steps.Where(s => !s.IsOnDevice).Select(s => $"{s.Node.Name}: {s.RowName}"));
            Tensor output = Assert.Single(session.Run(model.Goldens[0].InputValues()));
            Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(output.ByteSpan())));
        }
        Assert.SkipWhen(devices == 0, "no device");
    }

    private static QuantResult Result() => new(0.1f, 0);

    private static QuantConv Operator(int outputs, int group) => new()
    {
        Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1], Group = group, XZero = -17 + outputs, Result = new QuantResult(0.1f, 5, -120, 101),
    };

    private static Tensor[] Operands(Random random, int outputs, int channels) =>
        [QuantProblems.Bytes(random, new Shape(outputs, channels, 3, 3)), QuantProblems.Ints(random, outputs, -50_000, 50_000), QuantProblems.Ints(random, outputs, 0, 1 << 22)];
}
