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
            QuantConvCase test = QuantProblems.Conv(random, depthwise: i % 3 == 0);
            Compare(device, Operator(test.Problem), [test.X], [test.W, test.Bias, test.Multipliers], rows);
        }
        foreach ((int channels, int outputs, int group) in new[] { (16, 12, 1), (8, 72, 1), (64, 68, 2), (3, 8, 1), (12, 12, 12), (6, 10, 1) })
        {
            Compare(device, Operator(outputs, group), [QuantProblems.Bytes(random, new Shape(2, channels, 9, 70))], Operands(random, outputs, channels / group), rows);
        }
        log.WriteLine(string.Join(", ", rows.Select(r => $"{r.Key}: {r.Value}")));
        Assert.Equal(QuantConvKernels.Table.DeviceRows.Select(r => r.Name).Order(StringComparer.Ordinal), rows.Keys.Where(r => r.StartsWith("quantconv", StringComparison.Ordinal)));
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
            Compare(device, Operator(QuantProblems.Add(random, shape.Count)), [QuantProblems.Bytes(random, shape), QuantProblems.Bytes(random, shape)], [], rows);
            Compare(device, new QuantTable { Result = Result() }, [QuantProblems.Bytes(random, shape)], [QuantProblems.Bytes(random, new Shape(256))], rows);
        }
        for (int i = 0; i < 10; i++)
        {
            QuantPoolCase test = QuantProblems.Pool(random, countsPads: i % 2 == 0);
            Compare(device, Average(test.Problem), [test.X], [], rows);
            Compare(device, Maximum(test.Problem.Window), [test.X], [], rows);
        }
        Tensor table = Tensor.FromVector<int>([.. Enumerable.Range(0, 256).Select(d => (int)Math.Round(Math.Exp(-d * 0.07) * (1 << 24)))]);
        foreach (Shape shape in new[] { new Shape(1, 1000), new Shape(3, 7, 5), new Shape(2, 1) })
        {
            Compare(device, new QuantSoftmax { Axis = 1 }, [QuantProblems.Bytes(random, shape)], [table], rows);
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
        Compare(device, new Transpose { Permutation = [3, 0, 2, 1] }, [image], [], rows);
        Compare(device, new Slice { Starts = [1, 1], Ends = [5, 6], Axes = [1, 3] }, [image], [], rows);
        Compare(device, new Concat { Axis = 3 }, [image, image], [], rows);
        Compare(device, new Split { Axis = 3, Sizes = [3, 4] }, [image], [], rows);
        Compare(device, new Pad { Pads = [0, 0, 1, 2, 0, 0, 2, 1], Value = -7 }, [image], [], rows);
        foreach (float scale in new[] { 0.1f, 1e-30f, 3.7f, 1 / 3f })
        {
            foreach (DataType type in new[] { DataType.S8, DataType.U8 })
            {
                Tensor zero = type == DataType.S8 ? Tensor.FromScalar((sbyte)-3) : Tensor.FromScalar((byte)131);
                Compare(device, new QuantizeLinear { OutputType = type }, [Halves(scale)], [Tensor.FromScalar(scale), zero], rows);
                Compare(device, new QuantizeLinear { OutputType = type }, [RandomTensor.F32WithSpecials(new Shape(101), 4)], [Tensor.FromScalar(scale), zero], rows);
                Compare(device, new DequantizeLinear(), [RandomTensor.Bytes(type, new Shape(2, 6, 11), 1)], [Tensor.FromScalar(scale), zero], rows);
            }
        }
        Compare(device, new DequantizeLinear { Axis = 1 }, [image], [RandomTensor.F32(new Shape(6), 1, 0.1f, 1), RandomTensor.Bytes(DataType.S8, new Shape(6), 2)], rows);
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

    private static QuantConv Operator(QuantConvProblem problem) => new()
    {
        Strides = [problem.Window.Stride.H, problem.Window.Stride.W],
        Pads = [problem.Window.PadBegin.H, problem.Window.PadBegin.W, problem.Window.PadEnd.H, problem.Window.PadEnd.W],
        Dilations = [problem.Window.Dilation.H, problem.Window.Dilation.W],
        Group = problem.Groups,
        XZero = problem.XZero,
        Result = new QuantResult(0.1f, problem.YZero, problem.Low, problem.High),
    };

    private static QuantConv Operator(int outputs, int group) => new()
    {
        Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1], Group = group, XZero = -17 + outputs, Result = new QuantResult(0.1f, 5, -120, 101),
    };

    private static Tensor[] Operands(Random random, int outputs, int channels) =>
        [QuantProblems.Bytes(random, new Shape(outputs, channels, 3, 3)), QuantProblems.Ints(random, outputs, -50_000, 50_000), QuantProblems.Ints(random, outputs, 0, 1 << 22)];

    private static QuantAdd Operator(QuantAddProblem problem) => new()
    {
        AMultiplier = problem.AMultiplier, BMultiplier = problem.BMultiplier, Offset = problem.Offset, Shift = problem.Shift, Result = new QuantResult(0.1f, 0, problem.Low, problem.High),
    };

    private static QuantAveragePool Average(QuantAveragePoolProblem problem) => new()
    {
        Kernel = [problem.Window.Kernel.H, problem.Window.Kernel.W],
        Strides = [problem.Window.Stride.H, problem.Window.Stride.W],
        Pads = [problem.Window.PadBegin.H, problem.Window.PadBegin.W, problem.Window.PadEnd.H, problem.Window.PadEnd.W],
        Dilations = [problem.Window.Dilation.H, problem.Window.Dilation.W],
        CountIncludePad = problem.CountIncludePad,
        XZero = problem.XZero,
        Ratio = problem.Ratio,
        Result = new QuantResult(0.1f, problem.YZero, problem.Low, problem.High),
    };

    private static MaxPool Maximum(Window window) => new()
    {
        Kernel = [window.Kernel.H, window.Kernel.W],
        Strides = [window.Stride.H, window.Stride.W],
        Pads = [window.PadBegin.H, window.PadBegin.W, window.PadEnd.H, window.PadEnd.W],
        Dilations = [window.Dilation.H, window.Dilation.W],
    };

    /// <summary>Numbers around halves of <paramref name="scale"/>, where the division decides.</summary>
    private static Tensor Halves(float scale)
    {
        float[] values = [.. Enumerable.Range(-300, 600).SelectMany(i => new[] { MathF.BitDecrement((i + 0.5f) * scale), (i + 0.5f) * scale, MathF.BitIncrement((i + 0.5f) * scale) })];
        return Tensor.FromVector<float>(values);
    }

    /// <summary>The device's bytes are those of the naive rows, and the device had work.</summary>
    private static void Compare(IDevice device, Operator op, Tensor[] inputs, Tensor[] constants, SortedDictionary<string, int> rows)
    {
        var graph = new Graph("test");
        Value[] values = [.. inputs.Select((t, i) => graph.AddInput($"x{i}", t.Info)), .. constants.Select((t, i) => graph.AddConstant($"c{i}", t))];
        foreach (Value output in graph.AddNode("y", op, values, [.. Enumerable.Range(0, op is Split ? 2 : 1).Select(i => $"y{i}")]).Outputs)
        {
            graph.AddOutput(output);
        }
        using var reference = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device });
        Assert.Empty(session.Plan.Steps.Where(s => !s.IsOnDevice).Select(s => $"{op}: {s.RowName}"));
        foreach ((Tensor actual, Tensor expected) in session.Run(inputs).Zip(reference.Run(inputs)))
        {
            Assert.True(actual.ByteSpan().SequenceEqual(expected.ByteSpan()), $"{op} by {string.Join(", ", session.Plan.Steps.Select(s => s.RowName))} differs for {inputs[0].Info}");
        }
        foreach (PlanStep step in session.Plan.Steps)
        {
            rows[step.RowName] = rows.GetValueOrDefault(step.RowName) + 1;
        }
    }
}
