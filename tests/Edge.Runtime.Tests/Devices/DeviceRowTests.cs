using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Devices.Null;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>Rows that a device chooses by estimate or on request: Winograd's algorithm, and weights in float16.</summary>
public class DeviceRowTests(ITestOutputHelper log)
{
    /// <summary>The same as every other row in float32.</summary>
    private const double Tolerance = 2e-5;

    /// <summary>Rounding weights to 11 bits moves each by 2^-12 of itself at most; errors of a sum mostly cancel.</summary>
    private const double HalfTolerance = 1e-3;

    public static TheoryData<DeviceApi, string, DataType> Rows
    {
        get
        {
            var data = new TheoryData<DeviceApi, string, DataType>();
            foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
            {
                foreach (string row in new[] { "f32_device_winograd4x3", "f32_device_winograd2x3", "f32_device_tiles", "f16_device_winograd2x3", "f16_device_tiles" })
                {
                    data.Add(api, $"conv_{row}", row.StartsWith("f16", StringComparison.Ordinal) ? DataType.F16 : DataType.F32);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void ConvolutionsAgree(DeviceApi api, string row, DataType weights)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        double allowed = weights == DataType.F32 ? Tolerance : HalfTolerance;
        foreach (DeviceCase test in Convolutions())
        {
            double error = test.Error(device, row, weights);
            log.WriteLine($"{test.Name}: {error:G3}");
            Assert.InRange(error, 0, allowed);
            // Rounded weights give other numbers: else nothing was rounded.
            Assert.True(weights == DataType.F32 || error > 1e-6, $"{test.Name} is not computed with rounded weights");
        }
        Assert.Equal(0, device.LiveObjects);
    }

    /// <summary>Every kind of tile, whichever the device would choose: rows, columns and sums around its edges, with and without a split.</summary>
    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void EveryTileAgrees(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        DeviceCase[] convolutions = [.. Convolutions(), Case("a split sum", new Shape(1, 150, 4, 5), 37, [1, 1, 1, 1], true)];
        foreach (TileSpeed tile in DeviceProfile.Default.Tiles)
        {
            DeviceProfile profile = DeviceProfile.Default with { Tiles = [tile] };
            foreach (DataType weights in new[] { DataType.F32, DataType.F16 })
            {
                double allowed = weights == DataType.F16 ? HalfTolerance : Tolerance;
                string type = weights.Name();
                foreach (DeviceCase test in convolutions)
                {
                    Assert.True(test.Error(device, $"conv_{type}_device_tiles", weights, profile) <= allowed, $"{tile.Name} {type} {test.Name}");
                }
                foreach ((int rows, int sum, int columns) in new[] { (5, 1, 3), (31, 33, 127), (129, 31, 65), (33, 130, 32) })
                {
                    var product = new DeviceCase("", new MatMul(), [RandomTensor.F32(new Shape(rows, sum), 1)], [RandomTensor.F32(new Shape(sum, columns), 2)]);
                    Assert.True(product.Error(device, $"gemm_{type}_device_tiles", weights, profile) <= allowed, $"{tile.Name} {type} {rows} x {sum} x {columns}");
                }
            }
        }
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ProductsWithHalfWeightsAgree(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        foreach (int rows in new[] { 1, 3, 5, 33, 129 })
        {
            foreach (bool transposed in new[] { false, true })
            {
                var test = new DeviceCase(
                    $"{rows} rows, {transposed}",
                    new Gemm { TransB = transposed, Alpha = 0.5f, Beta = 2 },
                    [RandomTensor.F32(new Shape(rows, 67), 1)],
                    [RandomTensor.F32(transposed ? new Shape(71, 67) : new Shape(67, 71), 2), RandomTensor.F32(new Shape(71), 3)]);
                double error = test.Error(device, rows <= 4 ? "gemm_f16_device_rows" : "gemm_f16_device_tiles", DataType.F16);
                Assert.InRange(error, 1e-6, HalfTolerance);
            }
        }
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ANetworkWithHalfWeightsIsClose(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        Graph graph = ResNet18.Create(16, 64);
        using var cpu = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        using var whole = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device });
        using var half = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device, DeviceWeights = DataType.F16 });
        Tensor image = RandomTensor.F32(graph.Inputs[0].Info.KnownShape, 1);
        Tensor expected = cpu.Run(image)[0];
        Assert.InRange(GoldenCheck.RelativeError(whole.Run(image)[0], expected), 0, 1e-5);
        double error = GoldenCheck.RelativeError(half.Run(image)[0], expected);
        log.WriteLine($"{error:G3}");
        Assert.InRange(error, 1e-6, 5e-3);
        Assert.Contains(half.Plan.Steps, s => s.RowName.StartsWith("conv_f16_device", StringComparison.Ordinal));
        Assert.Contains(half.Plan.Steps, s => s.RowName.StartsWith("gemm_f16_device", StringComparison.Ordinal));
        Assert.DoesNotContain(whole.Plan.Steps, s => s.RowName.Contains("f16", StringComparison.Ordinal));
    }

    [Fact]
    public void AWeightBeyondFloat16IsAnErrorThatNamesIt()
    {
        Tensor weights = RandomTensor.F32(new Shape(8, 8, 3, 3), 2);
        weights.Span<float>()[5] = 1e5f;
        using var device = new NullDevice();
        var exception = Assert.Throws<EdgeException>(() => new InferenceSession(Graph(Conv(1), new Shape(1, 8, 9, 9), weights), new SessionOptions { Device = device, DeviceWeights = DataType.F16, Kernels = KernelQuery.Default with { DeviceRow = "conv_f16_device_tiles" } }));
        Assert.Equal(EdgeError.NoKernel, exception.Error);
        Assert.Contains("100000", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, device.LiveObjects);
    }

    /// <summary>Launches that cost nothing favour Winograd's fewer multiplications, launches that cost a lot the fewest launches.</summary>
    [Theory]
    [InlineData(0, "conv_f32_device_winograd4x3")]
    [InlineData(1e8, "conv_f32_device_tiles")]
    public void TheEstimateChooses(double launch, string expected)
    {
        KernelQuery query = KernelQuery.Default with { Profile = DeviceProfile.Default with { Launch = launch } };
        using ExecutionPlan plan = Planner.Plan(Graph(Conv(1), new Shape(1, 256, 56, 56), RandomTensor.F32(new Shape(256, 256, 3, 3), 2)), query, _ => true);
        Assert.Equal(expected, Assert.Single(plan.Steps).RowName);
    }

    [Fact]
    public void ScratchThatNoBufferHoldsIsAvoided()
    {
        KernelQuery query = KernelQuery.Default with { Profile = DeviceProfile.Default with { Launch = 0, MaxBufferBytes = 256 * 56 * 56 * 4 } };
        using ExecutionPlan plan = Planner.Plan(Graph(Conv(1), new Shape(1, 256, 56, 56), RandomTensor.F32(new Shape(256, 256, 3, 3), 2)), query, _ => true);
        Assert.Equal("conv_f32_device_tiles", Assert.Single(plan.Steps).RowName);
    }

    /// <summary>Outputs around the tiles of 2 and 4, padding of every width, channels around the tiles of a product.</summary>
    private static IEnumerable<DeviceCase> Convolutions()
    {
        foreach ((int h, int w) in new[] { (1, 1), (2, 5), (3, 4), (7, 7), (9, 6) })
        {
            yield return Case($"{h} x {w}", new Shape(1, 5, h, w), 9, [1, 1, 1, 1], false);
        }
        yield return Case("without padding", new Shape(1, 3, 6, 11), 7, [0, 0, 0, 0], false);
        yield return Case("wide padding", new Shape(1, 4, 5, 3), 3, [2, 0, 1, 3], true);
        yield return Case("a batch", new Shape(3, 17, 6, 7), 33, [1, 1, 1, 1], true);
        yield return Case("many channels", new Shape(1, 65, 13, 14), 66, [1, 1, 1, 1], true);
        yield return Case("one channel", new Shape(2, 1, 8, 8), 8, [1, 1, 1, 1], false);
    }

    private static DeviceCase Case(string name, Shape x, int outputs, int[] pads, bool hasResidual)
    {
        Tensor[] inputs = [RandomTensor.F32(x, 1)];
        Tensor[] constants = [RandomTensor.F32(new Shape(outputs, x[1], 3, 3), 2), RandomTensor.F32(new Shape(outputs), 3)];
        if (hasResidual)
        {
            constants = [.. constants, RandomTensor.F32(new Shape(x[0], outputs, x[2] + pads[0] + pads[2] - 2, x[3] + pads[1] + pads[3] - 2), 4)];
        }
        return new DeviceCase(name, Conv(pads), inputs, constants);
    }

    private static Conv Conv(params int[] pads) =>
        new() { Strides = [1, 1], Pads = pads.Length == 1 ? [pads[0], pads[0], pads[0], pads[0]] : pads, Dilations = [1, 1], Activation = new Activation(ActivationKind.HardSwish) };

    private static Graph Graph(Conv conv, Shape x, Tensor weights)
    {
        var graph = new Graph("one");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, x));
        graph.AddOutput(graph.Add("y", conv, [input, graph.AddConstant("w", weights)]));
        return graph;
    }
}
