using Edge.Kernels.Convolution;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Normalization;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Rows of gradient kernels against the naive ones, which finite differences check (Edge.Runtime.Tests).</summary>
public class GradientRowTests
{
    /// <summary>Batch, input channels, output channels, groups, then (D, H, W each): input, kernel, stride, dilation, pads in front, pads behind.</summary>
    public static TheoryData<int[], int[], int[], int[], int[], int[], int[]> Convolutions => new()
    {
        { [1, 1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [9, 1, 6, 1], [1, 32, 32], [1, 5, 5], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [5, 6, 16, 1], [1, 14, 14], [1, 5, 5], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [2, 13, 50, 1], [1, 9, 8], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [1, 53, 49, 1], [1, 6, 7], [1, 1, 1], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [2, 12, 6, 3], [1, 11, 7], [1, 3, 2], [1, 2, 3], [1, 2, 2], [0, 2, 0], [0, 1, 3] },
        { [2, 8, 8, 8], [1, 10, 12], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [2, 3, 4, 1], [3, 4, 5], [2, 3, 2], [1, 2, 1], [1, 1, 2], [1, 0, 1], [0, 1, 1] },
        { [3, 2, 5, 1], [1, 1, 300], [1, 1, 16], [1, 1, 4], [1, 1, 1], [0, 0, 7], [0, 0, 8] },
        { [1, 2, 2, 1], [1, 6, 6], [1, 2, 2], [1, 4, 4], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [0, 2, 2, 1], [1, 6, 6], [1, 2, 2], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void ConvolutionRowsAgree(int[] sizes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end)
    {
        var window = new Window(Extent.From(kernel, 1), Extent.From(stride, 1), Extent.From(dilation, 1), Extent.From(begin, 0), Extent.From(end, 0));
        int[] output = [.. Enumerable.Range(0, 3).Select(i => (int)window.OutputSize(i, input[i]))];
        var problem = new ConvGradientProblem(DataType.F32, sizes[0], sizes[1], sizes[2], sizes[3], Extent.From(input, 1), Extent.From(output, 1), window);
        Tensor x = RandomTensor.F32(new Shape([sizes[0], sizes[1], .. input]), 1);
        Tensor w = RandomTensor.F32(new Shape([sizes[2], sizes[1] / sizes[3], .. kernel]), 2);
        Tensor dy = RandomTensor.F32(new Shape([sizes[0], sizes[2], .. output]), 3);
        RowChecks.AgreeWithReference(ConvInputGradientKernels.Table, problem, [dy, w], [x.Info]);
        RowChecks.AgreeWithReference(ConvWeightGradientKernels.Table, problem, [x, dy], [w.Info]);
    }

    /// <summary>Planes, then (D, H, W each): input, kernel, stride, dilation, pads.</summary>
    public static TheoryData<int, int[], int[], int[], int[], int[]> Pools => new()
    {
        { 1, [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0] },
        { 6, [1, 28, 28], [1, 2, 2], [1, 2, 2], [1, 1, 1], [0, 0, 0] },
        { 5, [1, 13, 35], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1] },
        { 3, [1, 9, 17], [1, 3, 2], [1, 1, 1], [1, 1, 3], [0, 1, 1] },
        { 2, [4, 5, 6], [2, 2, 3], [2, 1, 2], [1, 2, 1], [1, 0, 1] },
    };

    [Theory]
    [MemberData(nameof(Pools))]
    public void PoolRowsAgree(int planes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] pads)
    {
        var window = new Window(Extent.From(kernel, 1), Extent.From(stride, 1), Extent.From(dilation, 1), Extent.From(pads, 0), Extent.From(pads, 0));
        int[] output = [.. Enumerable.Range(0, 3).Select(i => (int)window.OutputSize(i, input[i]))];
        var problem = new PoolProblem(DataType.F32, planes, Extent.From(input, 1), Extent.From(output, 1), window);
        Tensor x = RandomTensor.F32(new Shape([planes, .. input]), 1);
        // Plateaus: the first of several largest elements gets the gradient.
        foreach (ref float value in x.Span<float>())
        {
            value = MathF.Round(value * 4);
        }
        Tensor dy = RandomTensor.F32(new Shape([planes, .. output]), 2);
        RowChecks.AgreeWithReference(MaxPoolGradientKernels.Table, problem, [x, dy], [x.Info]);
        foreach (bool includes in new[] { false, true })
        {
            RowChecks.AgreeWithReference(PoolSpreadKernels.Table, new PoolSpreadProblem(problem with { CountIncludePad = includes }, true), [dy], [x.Info]);
        }
        RowChecks.AgreeWithReference(PoolSpreadKernels.Table, new PoolSpreadProblem(problem, false), [dy], [x.Info]);
    }

    [Fact]
    public void UnaryRowsAgree()
    {
        foreach (UnaryFunction function in UnaryFunctions.All.Where(f => f.GradientTable is not null))
        {
            foreach (int count in new[] { 1, 9, 8195 })
            {
                Tensor source = RandomTensor.F32(new Shape(count), count, 0.01f, 6);
                Tensor negative = function.Name is "Sqrt" or "Log" ? source : RandomTensor.F32(new Shape(count), count, -6, 6);
                Tensor gradient = RandomTensor.F32(new Shape(count), 2);
                var problem = new UnaryProblem(DataType.F32, count, function.DefaultAlpha, function.DefaultBeta);
                RowChecks.AgreeWithReference(function.GradientTable!, problem, [gradient, source], [source.Info], 3e-5);
                RowChecks.AgreeWithReference(function.GradientTable!, problem, [gradient, negative], [source.Info], 3e-5);
            }
        }
    }

    [Fact]
    public void BatchNormRowsAgree()
    {
        foreach (int spatial in new[] { 1, 5, 16, 33, 1000 })
        {
            foreach (bool training in new[] { false, true })
            {
                var problem = new BatchNormProblem(DataType.F32, 3, 5, spatial, 1e-5f, training);
                Tensor x = RandomTensor.F32(new Shape(3, 5, spatial), 1, 9, 11);
                Tensor dy = RandomTensor.F32(x.Shape, 2);
                Tensor[] channels = [.. Enumerable.Range(3, 4).Select(seed => RandomTensor.F32(new Shape(5), seed, 0.5f, 2))];
                RowChecks.AgreeWithReference(
                    BatchNormGradientKernels.Table, problem, [dy, x, channels[0], channels[1], channels[2]], [x.Info, channels[0].Info, channels[0].Info], 2e-4);
                if (training)
                {
                    RowChecks.AgreeWithReference(
                        BatchNormKernels.Table, problem with { UpdatesRunning = false }, [x, channels[0], channels[1], channels[2], channels[3]], [x.Info], 2e-4);
                    RowChecks.AgreeWithReference(
                        BatchNormKernels.Table, problem, [x, channels[0], channels[1], channels[2], channels[3]], [x.Info, channels[0].Info, channels[0].Info], 2e-4);
                }
            }
        }
    }
}
