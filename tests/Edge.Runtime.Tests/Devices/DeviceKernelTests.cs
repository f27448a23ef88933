using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>The kernels of devices against the naive rows of the processor, over sizes around the tile edges.</summary>
public class DeviceKernelTests(ITestOutputHelper log)
{
    private const double Tolerance = 2e-5;

    private static readonly int[] Edges = [1, 3, 31, 32, 33, 65, 129];

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ConvolutionsAgree(DeviceApi api) => Compare(api, Convolutions().ToArray());

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ProductsAgree(DeviceApi api) => Compare(api, Products().ToArray());

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void MovesPoolsAndNormsAgree(DeviceApi api) => Compare(api, Others().ToArray());

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ElementwiseFunctionsAgree(DeviceApi api) => Compare(api, Elementwise().ToArray());

    private static IEnumerable<DeviceCase> Convolutions()
    {
        foreach (int size in Edges)
        {
            yield return Conv($"1x1 {size}", new Shape(1, size, 1, 34 - (size % 7)), new Shape(size + 1, size, 1, 1));
        }
        yield return Conv("3x3 batch", new Shape(2, 5, 9, 11), new Shape(12, 5, 3, 3), pads: 1);
        yield return Conv("3x3 stride", new Shape(1, 16, 17, 13), new Shape(40, 16, 3, 3), pads: 1, stride: 2);
        yield return Conv("dilated", new Shape(1, 4, 12, 12), new Shape(9, 4, 3, 3), pads: 2, dilation: 2);
        yield return Conv("grouped", new Shape(2, 32, 7, 7), new Shape(24, 16, 3, 3), pads: 1, group: 2);
        yield return Conv("depthwise", new Shape(1, 20, 15, 14), new Shape(20, 1, 3, 3), pads: 1, stride: 2, group: 20);
        yield return Conv("1-D", new Shape(3, 7, 50), new Shape(17, 7, 16), pads: 3, stride: 3);
        yield return Conv("3-D", new Shape(1, 3, 5, 6, 7), new Shape(8, 3, 3, 2, 3), pads: 1);
        yield return Conv("split sum", new Shape(1, 256, 4, 4), new Shape(48, 256, 3, 3), pads: 1);
        yield return Conv("deep", new Shape(1, 64, 20, 20), new Shape(130, 64, 3, 3), pads: 1);
    }

    private static DeviceCase Conv(string name, Shape x, Shape w, int pads = 0, int stride = 1, int dilation = 1, int group = 1)
    {
        int rank = x.Rank - 2;
        var op = new Conv
        {
            Strides = [.. Enumerable.Repeat(stride, rank)],
            Pads = [.. Enumerable.Repeat(pads, 2 * rank)],
            Dilations = [.. Enumerable.Repeat(dilation, rank)],
            Group = group,
            Activation = new Activation(ActivationKind.HardSwish),
        };
        return new DeviceCase(name, op, [RandomTensor.F32(x, 1)], [RandomTensor.F32(w, 2), RandomTensor.F32(new Shape(w[0]), 3)]);
    }

    private static IEnumerable<DeviceCase> Products()
    {
        foreach (int m in Edges)
        {
            foreach ((int n, int k) in new[] { (1, 65), (33, 16), (130, 7), (64, 257) })
            {
                yield return new DeviceCase($"{m}x{k}x{n}", new MatMul(), [RandomTensor.F32(new Shape(m, k), 1)], [RandomTensor.F32(new Shape(k, n), 2)]);
            }
        }
        yield return new DeviceCase("batches", new MatMul(), [RandomTensor.F32(new Shape(2, 3, 9, 17), 1), RandomTensor.F32(new Shape(3, 17, 20), 2)], []);
        foreach (bool a in new[] { false, true })
        {
            foreach (bool b in new[] { false, true })
            {
                yield return new DeviceCase(
                    $"transposed {a} {b}",
                    new Gemm { TransA = a, TransB = b, Alpha = 0.5f, Beta = 2 },
                    [RandomTensor.F32(a ? new Shape(40, 37) : new Shape(37, 40), 1)],
                    [RandomTensor.F32(b ? new Shape(70, 40) : new Shape(40, 70), 2), RandomTensor.F32(new Shape(70), 3)]);
            }
        }
    }

    private static IEnumerable<DeviceCase> Others()
    {
        Tensor image = RandomTensor.F32(new Shape(2, 6, 9, 10), 1);
        yield return new DeviceCase("transpose", new Transpose { Permutation = [3, 0, 2, 1] }, [image], []);
        Tensor wide = RandomTensor.F32(new Shape(2, 40, 3, 5), 6);
        yield return new DeviceCase("shuffle", new ChannelShuffle { Groups = 2 }, [wide, RandomTensor.F32(wide.Shape, 7)], []);
        yield return new DeviceCase("concat", new Concat { Axis = 3 }, [image, image], []);
        yield return new DeviceCase("maxpool", new MaxPool { Kernel = [3, 2], Strides = [2, 1], Pads = [1, 0, 1, 1], Dilations = [1, 2] }, [image], []);
        yield return new DeviceCase("averagepool", new AveragePool { Kernel = [3, 3], Strides = [2, 2], Pads = [1, 1, 1, 1], Dilations = [1, 1], CountIncludePad = true }, [image], []);
        yield return new DeviceCase("global", new GlobalAveragePool(), [image], []);
        yield return new DeviceCase("softmax", new Softmax { Axis = 1 }, [image], []);
        yield return new DeviceCase("softmax of a long row", new Softmax { Axis = 1 }, [RandomTensor.F32(new Shape(3, 1000), 4)], []);
        yield return new DeviceCase("lrn", new LocalResponseNorm { Size = 5, Alpha = 0.1f, Beta = 0.75f, Bias = 1 }, [image], []);
    }

    private static IEnumerable<DeviceCase> Elementwise()
    {
        foreach (UnaryFunction function in UnaryFunctions.All.Where(f => f.Table.DeviceRows.Length > 0))
        {
            // Between 0 and 1, where every function is defined.
            yield return new DeviceCase(function.Name, new Unary(function), [RandomTensor.F32(new Shape(3, 101), 1, function.Name == "Acosh" ? 1.1f : 0.1f, function.Name == "Acosh" ? 9 : 0.9f)], []);
        }
        foreach (BinaryFunction function in BinaryFunctions.All.Where(f => f.Table.DeviceRows.Length > 0))
        {
            yield return new DeviceCase($"{function.Name} broadcast", new Binary(function), [RandomTensor.F32(new Shape(2, 3, 1, 5), 1, 0.5f, 2), RandomTensor.F32(new Shape(3, 4, 1), 2, 0.5f, 2)], []);
        }
        foreach (string name in new[] { "Relu", "Clip", "Abs", "Sigmoid", "LeakyRelu" })
        {
            yield return new DeviceCase($"{name} of specials", new Unary(name), [RandomTensor.F32WithSpecials(new Shape(64), 5)], []);
        }
    }

    private void Compare(DeviceApi api, DeviceCase[] cases)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var wrong = new List<string>();
        foreach (DeviceCase test in cases)
        {
            double error = test.Error(device);
            if (!(error <= Tolerance))
            {
                wrong.Add($"{test.Name}: {error:G3}");
            }
        }
        log.WriteLine($"{device.Info.Name}: {cases.Length} cases");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(0, device.LiveObjects);
    }
}
