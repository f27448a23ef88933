using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ConvTests
{
    /// <summary>Batch, input channels, output channels, groups, input, kernel, stride, dilation, pads at the beginning and end (D, H, W each).</summary>
    public static TheoryData<int[], int[], int[], int[], int[], int[], int[]> Cases => new()
    {
        { [1, 1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [2, 3, 7, 1], [1, 9, 11], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [1, 3, 6, 1], [1, 17, 16], [1, 7, 7], [1, 2, 2], [1, 1, 1], [0, 3, 3], [0, 3, 3] },
        { [1, 5, 13, 1], [1, 10, 97], [1, 3, 5], [1, 1, 1], [1, 2, 3], [0, 0, 4], [0, 3, 1] },
        { [1, 40, 12, 1], [1, 7, 7], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [3, 17, 19, 1], [1, 5, 6], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 300, 33, 1], [1, 4, 25], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 8, 9, 1], [1, 9, 9], [1, 1, 1], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 8, 12, 4], [1, 6, 5], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [2, 6, 6, 6], [1, 13, 14], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [1, 6, 6, 6], [1, 13, 33], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 0, 1], [0, 1, 0] },
        { [1, 4, 8, 4], [1, 12, 9], [1, 5, 5], [1, 1, 1], [1, 2, 2], [0, 4, 4], [0, 4, 4] },
        { [1, 3, 3, 3], [1, 200, 70], [1, 3, 3], [1, 3, 3], [1, 1, 1], [0, 2, 2], [0, 2, 2] },
        { [1, 5, 5, 5], [1, 1, 31], [1, 1, 4], [1, 1, 3], [1, 1, 2], [0, 0, 3], [0, 0, 5] },
        { [1, 4, 4, 4], [1, 8, 8], [1, 1, 1], [1, 4, 4], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 2, 3, 1], [4, 5, 6], [2, 3, 3], [1, 2, 1], [2, 1, 1], [1, 0, 2], [0, 1, 1] },
        { [1, 4, 4, 4], [5, 6, 7], [3, 3, 3], [2, 1, 2], [1, 1, 1], [1, 1, 1], [1, 1, 1] },
        { [1, 64, 50, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 4, 5, 1], [1, 7, 7], [1, 7, 7], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [3, 6, 9, 3], [1, 2, 2], [1, 2, 2], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [7, 30, 20, 1], [1, 1, 1], [1, 1, 1], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0] },
        { [1, 2, 3, 1], [1, 1, 100], [1, 1, 9], [1, 1, 1], [1, 1, 4], [0, 0, 32], [0, 0, 0] },
        { [1, 20, 33, 1], [1, 14, 14], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [2, 8, 8, 1], [1, 29, 27], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 0, 2], [0, 2, 0] },
        { [1, 64, 40, 1], [1, 21, 30], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [1, 9, 16, 1], [1, 1, 61], [1, 1, 16], [1, 1, 1], [1, 1, 1], [0, 0, 7], [0, 0, 8] },
        { [2, 16, 24, 1], [1, 1, 130], [1, 1, 16], [1, 1, 2], [1, 1, 1], [0, 0, 7], [0, 0, 7] },
        { [1, 8, 8, 1], [1, 1, 100], [1, 1, 13], [1, 1, 3], [1, 1, 1], [0, 0, 0], [0, 0, 5] },
        { [1, 5, 9, 1], [1, 6, 23], [1, 1, 3], [1, 1, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1] },
        { [1, 12, 12, 12], [1, 28, 28], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
        { [2, 17, 17, 17], [1, 15, 13], [1, 5, 5], [1, 1, 1], [1, 1, 1], [0, 2, 2], [0, 2, 2] },
        { [1, 8, 8, 8], [1, 60, 130], [1, 3, 3], [1, 1, 1], [1, 2, 1], [0, 2, 1], [0, 2, 1] },
        { [1, 9, 20, 1], [1, 1, 150], [1, 1, 70], [1, 1, 1], [1, 1, 1], [0, 0, 35], [0, 0, 34] },
        { [1, 8, 10, 1], [1, 1, 90], [1, 1, 33], [1, 1, 2], [1, 1, 1], [0, 0, 3], [0, 0, 40] },
        { [2, 5, 9, 1], [1, 4, 41], [1, 1, 8], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 7] },
        { [1, 9, 12, 1], [1, 19, 37], [1, 11, 11], [1, 1, 1], [1, 1, 1], [0, 5, 5], [0, 5, 5] },
        { [1, 8, 17, 1], [1, 13, 12], [1, 5, 7], [1, 1, 1], [1, 1, 1], [0, 2, 3], [0, 2, 0] },
        { [1, 24, 8, 1], [1, 9, 9], [1, 2, 5], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 1, 4] },
        { [0, 3, 4, 1], [1, 5, 5], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowAgrees(int[] sizes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end)
    {
        ConvProblem plain = Problem(sizes, input, kernel, stride, dilation, begin, end);
        foreach (bool constant in new[] { true, false })
        {
            Check(plain, constant);
            Check(plain with { HasBias = true, Activation = new Activation(ActivationKind.Relu) }, constant);
            Check(plain with { HasBias = true, HasResidual = true, Activation = new Activation(ActivationKind.Clip, -0.3f, 0.4f) }, constant);
        }
    }

    [Fact]
    public void EveryActivation()
    {
        foreach (int groups in new[] { 1, 7 })
        {
            ConvProblem problem = Problem([1, 7, 7, groups], [1, 9, 10], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]);
            foreach (Activation activation in GemmTests.Activations)
            {
                Check(problem with { Activation = activation, HasResidual = true }, constant: true);
            }
        }
    }

    [Fact]
    public void NaNsStayInTheirWindows()
    {
        foreach (int groups in new[] { 1, 4 })
        {
            ConvProblem problem = Problem([1, 4, 4, groups], [1, 9, 21], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]);
            Tensor x = RandomTensor.F32(new Shape(1, 4, 9, 21), 1);
            x.Span<float>()[0] = float.NaN;
            x.Span<float>()[200] = float.PositiveInfinity;
            RowChecks.AgreeWithReference(ConvKernels.Table, problem, [x, Weights(problem)], [Output(problem)]);
        }
    }

    /// <summary>The planner may give output and residual the same memory.</summary>
    [Fact]
    public void TheResidualMayBeOverwritten()
    {
        foreach (int groups in new[] { 1, 20 })
        {
            ConvProblem problem = Problem([1, 40, 40, groups], [1, 9, 21], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]) with { HasResidual = true };
            Overwrite(problem);
            Overwrite(problem with { InputLayout = Layout.Blocked8, OutputLayout = Layout.Blocked8 });
        }
        // More weights than are swept at once: partial sums wait in the output.
        Overwrite(Problem([1, 600, 17, 1], [1, 5, 7], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]) with
        {
            HasResidual = true, InputLayout = Layout.Blocked8, OutputLayout = Layout.Blocked8,
        });
        foreach (int groups in new[] { 1, 20 })
        {
            Overwrite(Problem([1, 4, 4, 4], [1, 9, 21], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]) with { HasResidual = true, Activation = new Activation(ActivationKind.Silu) });
        }
    }

    private static unsafe void Overwrite(ConvProblem problem)
    {
        Tensor x = Blocked.Random(new Shape(problem.Batch, problem.InChannels, problem.Input.H, problem.Input.W), problem.InputLayout, 1);
        Tensor w = Weights(problem);
        byte** inputs = stackalloc byte*[4];
        byte** outputs = stackalloc byte*[1];
        foreach (KernelRow<ConvProblem> row in ConvKernels.Table.Candidates(problem, Cpu.Features))
        {
            Tensor residual = Blocked.Random(Output(problem).KnownShape, problem.OutputLayout, 4);
            Tensor expected = RowChecks.Run(row, problem, [x, w, null, residual], [Output(problem)])[0];
            using Kernel kernel = row.Create(problem);
            kernel.BindConstants([null, w, null, null]);
            using var scratch = new AlignedBuffer(kernel.ScratchBytes);
            inputs[0] = x.Data;
            inputs[1] = w.Data;
            inputs[2] = null;
            inputs[3] = residual.Data;
            outputs[0] = residual.Data;
            kernel.Run(new KernelContext(inputs, outputs, scratch.Data, Threading.WorkerPool.Single));
            Assert.True(Close.RelativeError(Blocked.Planar(residual).Span<float>(), Blocked.Planar(expected).Span<float>()) < 1e-6, row.Name);
            GC.KeepAlive(x);
            GC.KeepAlive(w);
        }
    }

    /// <summary>
    /// At 512 channels and outputs of unit variance, the algorithms that save products stay within 3e-5 of the output's maximum.
    /// </summary>
    [Theory]
    [InlineData(3, 3)]
    [InlineData(1, 16)]
    [InlineData(1, 3)]
    public void FewProductsCostFewDigits(int kernelH, int kernelW)
    {
        int height = kernelH == 1 ? 1 : 13;
        int[] pads = [0, kernelH / 2, kernelW / 2];
        ConvProblem problem = Problem([1, 512, 16, 1], [1, height, 14], [1, kernelH, kernelW], [1, 1, 1], [1, 1, 1], pads, pads) with
        {
            InputLayout = Layout.Blocked8, OutputLayout = Layout.Blocked8,
        };
        Tensor x = Blocked.Random(new Shape(1, 512, height, 14), Layout.Blocked8, 1);
        float bound = 3 / MathF.Sqrt(problem.Taps);
        Tensor w = RandomTensor.F32(new Shape(16, 512, kernelH, kernelW), 2, -bound, bound);
        string[] rows = RowChecks.AgreeWithReference(ConvKernels.Table, problem, [x, w], [Output(problem)], 3e-5, [false, true]);
        Assert.True(rows.Any(r => r.Contains("winograd", StringComparison.Ordinal)) || Cpu.Features == CpuFeatures.None);
    }

    /// <summary>Winograd's algorithm loses digits against the sums; an activation that clips makes the maximum smaller than they are.</summary>
    private static double ToleranceOf(IKernelRow row) => row.Name.Contains("winograd", StringComparison.Ordinal) ? 1e-4 : 1e-5;

    private static ConvProblem Problem(int[] sizes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end)
    {
        var window = new Window(Extent.From(kernel, 1), Extent.From(stride, 1), Extent.From(dilation, 1), Extent.From(begin, 0), Extent.From(end, 0));
        int[] output = [.. Enumerable.Range(0, 3).Select(axis => (int)window.OutputSize(axis, input[axis]))];
        return new ConvProblem(
            DataType.F32, sizes[0], sizes[1], sizes[2], sizes[3], Extent.From(input, 1), Extent.From(output, 1), window, false, false, Activation.None);
    }

    /// <summary>Scaled so that outputs are of the order of 1, whatever the number of taps.</summary>
    private static Tensor Weights(ConvProblem problem)
    {
        float bound = 1 / MathF.Sqrt(Math.Max(1, problem.Taps));
        return RandomTensor.F32(new Shape(problem.OutChannels, problem.GroupInChannels, (int)problem.Window.Kernel.Count), 2, -bound, bound);
    }

    private static TensorInfo Output(ConvProblem problem) => new(DataType.F32, new Shape(problem.Batch, problem.OutChannels, (int)problem.Output.Count), null, problem.OutputLayout);

    /// <summary>Planar rows, and the rows for blocked layouts: every one fits most problems.</summary>
    private static void Check(ConvProblem problem, bool constant)
    {
        CheckLayout(problem, constant);
        CheckLayout(problem with { OutputLayout = Layout.Blocked8 }, constant);
        CheckLayout(problem with { InputLayout = Layout.Blocked8, OutputLayout = Layout.Blocked8 }, constant);
    }

    private static void CheckLayout(ConvProblem problem, bool constant)
    {
        Tensor x = Blocked.Random(new Shape(problem.Batch, problem.InChannels, (int)problem.Input.Count), problem.InputLayout, 1);
        Tensor? bias = problem.HasBias ? RandomTensor.F32(new Shape(problem.OutChannels), 3) : null;
        Tensor? residual = problem.HasResidual ? Blocked.Random(Output(problem).KnownShape, problem.OutputLayout, 4) : null;
        string[] rows = RowChecks.AgreeWithReference(
            ConvKernels.Table, problem, [x, Weights(problem), bias, residual], [Output(problem)], 1e-5, [false, constant, false, false], ToleranceOf);
        bool has = problem.IsPlanar ? !problem.IsEmpty : BlockedConv.Fits(problem) || BlockedDepthwise.Fits(problem);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || !has, "only the reference ran");
    }
}
