using Edge.Kernels.Dispatch;
using Edge.Kernels.Convolution;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ConvTransposeTests
{
    /// <summary>Batch, input channels, output channels, groups, then (D, H, W each): input, kernel, stride, dilation, pads, output padding.</summary>
    public static TheoryData<int[], int[], int[], int[], int[], int[], int[]> Cases => new()
    {
        { [1, 1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [2, 3, 7, 1], [1, 5, 6], [1, 2, 2], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 4, 6, 2], [1, 5, 17], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [1, 8, 5, 1], [1, 7, 9], [1, 4, 4], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 0, 0] },
        { [1, 3, 3, 3], [1, 4, 4], [1, 3, 3], [1, 3, 2], [1, 2, 2], [0, 2, 0], [0, 2, 1] },
        { [1, 2, 3, 1], [1, 6, 6], [1, 1, 1], [1, 3, 3], [1, 1, 1], [0, 0, 0], [0, 2, 1] },
        { [1, 2, 2, 1], [3, 4, 5], [2, 3, 3], [2, 1, 2], [1, 1, 1], [1, 1, 0], [1, 0, 0] },
        { [1, 5, 4, 1], [1, 1, 33], [1, 1, 5], [1, 1, 4], [1, 1, 1], [0, 0, 2], [0, 0, 3] },
        { [1, 40, 12, 1], [1, 7, 7], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 0, 0] },
        { [1, 2, 2, 1], [1, 12, 13], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 0] },
        { [0, 2, 2, 1], [1, 2, 3], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowAgrees(int[] sizes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] pads, int[] outputPadding)
    {
        var window = new Window(Extent.From(kernel, 1), Extent.From(stride, 1), Extent.From(dilation, 1), Extent.From(pads, 0), Extent.From(pads, 0));
        int[] output = [.. Enumerable.Range(0, 3).Select(i => (int)(((input[i] - 1) * stride[i]) + window.Span(i) - (2 * pads[i]) + outputPadding[i]))];
        foreach (Activation activation in GemmTests.Activations)
        {
            foreach (bool bias in new[] { false, true })
            {
                Check(new ConvTransposeProblem(
                    DataType.F32, sizes[0], sizes[1], sizes[2], sizes[3], Extent.From(input, 1), Extent.From(output, 1), window, bias, activation, HasConstantWeights: true));
            }
        }
    }

    /// <summary>Every product x * w lands where the definition says: scatter instead of gather.</summary>
    [Fact]
    public void TheReferenceScattersEveryProduct()
    {
        var window = new Window(new Extent(1, 3, 2), new Extent(1, 2, 3), new Extent(1, 2, 1), new Extent(0, 1, 0), Extent.Zero);
        var problem = new ConvTransposeProblem(DataType.F32, 1, 1, 1, 1, new Extent(1, 3, 4), new Extent(1, 8, 11), window, false, Activation.None, true);
        Tensor x = RandomTensor.F32(new Shape(1, 1, 3, 4), 1);
        Tensor w = RandomTensor.F32(new Shape(1, 1, 3, 2), 2);
        var expected = new float[88];
        for (int i = 0; i < 3 * 4 * 6; i++)
        {
            int row = (i / 24 * 2) + (i / 2 % 3 * 2) - 1;
            int column = (i / 6 % 4 * 3) + (i % 2);
            if (row is >= 0 and < 8 && column < 11)
            {
                expected[(row * 11) + column] += x.Span<float>()[(i / 24 * 4) + (i / 6 % 4)] * w.Span<float>()[i % 6];
            }
        }
        Tensor y = RowChecks.Run(ConvTransposeKernels.Table.Select(problem, Dispatch.KernelQuery.Reference), problem, [x, w], [new TensorInfo(DataType.F32, new Shape(1, 1, 8, 11))])[0];
        Assert.True(Close.RelativeError(y.Span<float>(), expected) < 1e-6);
    }

    private static void Check(ConvTransposeProblem problem)
    {
        Tensor x = RandomTensor.F32(new Shape(problem.Batch, problem.InChannels, (int)problem.Input.Count), 1);
        Tensor w = RandomTensor.F32(new Shape(problem.InChannels, problem.GroupOutChannels, (int)problem.Window.Kernel.Count), 2);
        Tensor? bias = problem.HasBias ? RandomTensor.F32(new Shape(problem.OutChannels), 3) : null;
        var info = new TensorInfo(DataType.F32, new Shape(problem.Batch, problem.OutChannels, (int)problem.Output.Count));
        string[] rows = RowChecks.AgreeWithReference(ConvTransposeKernels.Table, problem, [x, w, bias], [info], 1e-5, [false, true, false]);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || problem.IsEmpty, "only the reference ran");
    }
}
