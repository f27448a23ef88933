using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;

namespace Edge.Bench.Kernels;

/// <summary>
/// Problems as they occur in well-known networks, each with every row of its table that fits and that this processor can run,
/// without the naive ones. A new row is here as soon as its table has it.
/// </summary>
public static class KernelCases
{
    private const int Elements = 1 << 16;

    /// <summary>Channels in and out, groups, input height and width, kernel height and width, stride, and the network.</summary>
    private static readonly (int In, int Out, int Groups, int H, int W, int KernelH, int KernelW, int Stride, string Origin)[] Convolutions =
    [
        (3, 64, 1, 224, 224, 7, 7, 2, "resnet stem"),
        (3, 32, 1, 224, 224, 3, 3, 2, "mobilenet stem"),
        (64, 64, 1, 56, 56, 3, 3, 1, "resnet18"),
        (128, 128, 1, 28, 28, 3, 3, 1, "resnet18"),
        (256, 256, 1, 14, 14, 3, 3, 1, "resnet18"),
        (512, 512, 1, 7, 7, 3, 3, 1, "resnet18"),
        (128, 256, 1, 28, 28, 3, 3, 2, "resnet18"),
        (64, 256, 1, 56, 56, 1, 1, 1, "resnet50"),
        (1024, 256, 1, 14, 14, 1, 1, 1, "resnet50"),
        (256, 512, 1, 56, 56, 1, 1, 2, "resnet50"),
        (48, 128, 1, 28, 28, 5, 5, 1, "googlenet"),
        (64, 192, 1, 27, 27, 5, 5, 1, "alexnet"),
        (96, 96, 96, 112, 112, 3, 3, 2, "mobilenet"),
        (144, 144, 144, 56, 56, 3, 3, 1, "mobilenet"),
        (240, 240, 240, 28, 28, 5, 5, 1, "efficientnet"),
        (16, 96, 1, 112, 112, 1, 1, 1, "mobilenet"),
        (64, 64, 1, 1, 2048, 1, 16, 1, "ecg"),
        (128, 128, 1, 1, 1024, 1, 16, 2, "ecg"),
        (1, 6, 1, 32, 32, 5, 5, 1, "lenet"),
    ];

    /// <summary>Rows, columns and inner size of a product with constant weights.</summary>
    private static readonly (int M, int N, int K, string Origin)[] Products =
    [
        (1, 1000, 2048, "resnet50 classifier"),
        (1, 4096, 9216, "alexnet"),
        (1, 120, 400, "lenet"),
        (32, 12, 256, "ecg"),
        (196, 256, 1024, "as a convolution"),
        (512, 512, 512, "square"),
    ];

    /// <summary>All cases, in order.</summary>
    public static IEnumerable<KernelCase> All => Convolutions.SelectMany(ConvCases).Concat(Products.SelectMany(GemmCases)).Concat(UnaryCases());

    private static IEnumerable<KernelCase> ConvCases((int In, int Out, int Groups, int H, int W, int KernelH, int KernelW, int Stride, string Origin) c)
    {
        var stride = new Extent(1, c.H == 1 ? 1 : c.Stride, c.Stride);
        var begin = new Extent(0, (c.KernelH - 1) / 2, (c.KernelW - 1) / 2);
        var end = new Extent(0, c.KernelH / 2, c.KernelW / 2);
        var window = new Window(new Extent(1, c.KernelH, c.KernelW), stride, Extent.One, begin, end);
        var output = new Extent(1, (int)window.OutputSize(1, c.H), (int)window.OutputSize(2, c.W));
        var problem = new ConvProblem(DataType.F32, 1, c.In, c.Out, c.Groups, new Extent(1, c.H, c.W), output, window, true, false, new Activation(ActivationKind.Relu));
        string kind = problem.IsDepthwise ? "depthwise" : "conv";
        foreach ((Layout from, Layout to) in from a in Enum.GetValues<Layout>() from b in Enum.GetValues<Layout>() select (a, b))
        {
            ConvProblem laidOut = problem with { InputLayout = from, OutputLayout = to };
            string text = $"{kind} {c.KernelH}x{c.KernelW} s{c.Stride} {c.In}->{c.Out} {c.H}x{c.W} {from}->{to} ({c.Origin})";
            TensorInfo?[] inputs =
            [
                new TensorInfo(DataType.F32, new Shape(1, c.In, c.H, c.W), Layout: from),
                new TensorInfo(DataType.F32, new Shape(c.Out, c.In / c.Groups, c.KernelH, c.KernelW)),
                new TensorInfo(DataType.F32, new Shape(c.Out)),
                null,
            ];
            var y = new TensorInfo(DataType.F32, new Shape(1, c.Out, output.H, output.W), Layout: to);
            foreach (KernelCase of in Cases(ConvKernels.Table, laidOut, text, laidOut.Taps * c.Out * output.Count, inputs, [false, true, true, false], y))
            {
                yield return of;
            }
        }
    }

    private static IEnumerable<KernelCase> GemmCases((int M, int N, int K, string Origin) c) => Cases(
        GemmKernels.Table,
        GemmProblem.Matrix(c.M, c.N, c.K, transB: true),
        $"gemm {c.M}x{c.K} * {c.K}x{c.N} ({c.Origin})",
        (long)c.M * c.N * c.K,
        [new TensorInfo(DataType.F32, new Shape(c.M, c.K)), new TensorInfo(DataType.F32, new Shape(c.N, c.K)), null],
        [false, true, false],
        new TensorInfo(DataType.F32, new Shape(c.M, c.N)));

    private static IEnumerable<KernelCase> UnaryCases()
    {
        var info = new TensorInfo(DataType.F32, new Shape(Elements));
        return UnaryFunctions.All.SelectMany(f => Cases(f.Table, new UnaryProblem(DataType.F32, Elements, 0.5f, 0.5f), $"{f.Name} {Elements}", 0, [info], [false], info));
    }

    private static IEnumerable<KernelCase> Cases<TProblem>(
        KernelTable<TProblem> table, TProblem problem, string text, long multiplyAdds, TensorInfo?[] inputs, bool[] constants, TensorInfo output) =>
        table.Candidates(problem, Cpu.Features)
            .Where(row => !row.IsReference())
            .Select(row => new KernelCase(row.Name, text, multiplyAdds, () => row.Create(problem), inputs, constants, output));
}
