using System.Security.Cryptography;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Tests.Format;

/// <summary>Golden samples that hold a seed instead of their inputs and a part of their outputs.</summary>
public class GoldenFormatTests
{
    /// <summary>SHA-256 of 1000 elements. These bits are in files: they never change.</summary>
    public static TheoryData<DataType, float, float, string> Streams => new()
    {
        { DataType.F32, -1, 1, "42ea6a9323c288fd076f21677de94d4daaafac0021c80569ce249985bf97d56a" },
        { DataType.F32, -2.1179f, 2.64f, "b6b40e1864b72f1a581898136606ffa1cf9a89f44e9d0b6265be1b02694da023" },
        { DataType.F16, -1, 1, "0f067cc66b7f3d5bbf1ce2004f6276ee0a32c07695ebcdd2011d6a23d8e0e80b" },
        { DataType.F64, 0, 255, "9848e7d6d26719e5254351e86ca9dee1e52650ccdf96d6595537619decd98bea" },
        { DataType.U8, -1, 1, "e7246ec3b252e86b47e77c6b49bdc53ca32d139e2949555f2814096afd4a9473" },
        { DataType.S64, -1, 1, "0dde46a71a21f2e81982d237d0e808b05b2c72f15a439bddd9bec30f470d1a3d" },
        { DataType.Bool, -1, 1, "46b434bd3b6564359f3d9d37202f33d226258e01d3f70057e15c292bd209df98" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void GeneratedValuesAreTheSameEverywhere(DataType type, float low, float high, string digest)
    {
        Tensor values = new GeneratedValues(7, low, high).Create(new TensorInfo(type, new Shape(1000)));
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(values.ByteSpan())));
    }

    /// <summary>The first outputs of SplitMix64 for seed 0 are published with xoshiro's reference code.</summary>
    [Fact]
    public void TheGeneratorIsSplitMix64()
    {
        float[] values = new GeneratedValues(0, 0, 1 << 24).Create(new TensorInfo(DataType.F32, new Shape(3))).ToArray<float>();
        Assert.Equal([0xE220A8397B1DCDAFul >> 40, 0x6E789E6AA1B965F4ul >> 40, 0x06C45D188009454Ful >> 40], values.Select(v => (ulong)v));
    }

    [Fact]
    public void ABriefSampleSurvives()
    {
        ModelFile model = Model(5, 2100, exact: true);
        GoldenSample read = Assert.Single(EdgeReader.Read(EdgeWriter.WriteToArray(model)).Goldens);

        Assert.Equal(("brief", 0f), (read.Name, read.Tolerance));
        Assert.Equal(new GeneratedValues(9, -3, 3), read.Inputs[0].Generated);
        GoldenOutput written = model.Goldens[0].Outputs[0];
        Assert.Equal((written.Stride, written.Largest, written.Info.KnownShape), (read.Outputs[0].Stride, read.Outputs[0].Largest, read.Outputs[0].Info.KnownShape));
        Assert.Equal(written.Values.ToArray<float>(), read.Outputs[0].Values.ToArray<float>());
        Assert.Equal(written.Sha256, read.Outputs[0].Sha256);
    }

    [Fact]
    public void TheStrideMeetsEveryChannel()
    {
        // 11 * 2048 elements: a stride of 22 would meet even channels of 11 or 2048 only.
        GoldenOutput output = GoldenOutput.Of(Tensor.From<float>(new Shape(11, 2048), [.. Enumerable.Range(0, 11 * 2048).Select(i => (float)i)]), isExact: false);
        Assert.Equal(23, output.Stride);
        Assert.Equal(980, output.Values.Count);
        Assert.Equal(11, output.Values.ToArray<float>().Select(v => (int)v / 2048).Distinct().Count());
        Assert.Contains(output.Values.ToArray<float>(), v => (int)v % 2 == 1);
        Assert.Null(output.Sha256);
        Assert.Equal((11 * 2048) - 1, output.Largest);
    }

    [Fact]
    public void ManyOutputsShareTheSpace()
    {
        Tensor[] outputs = [.. Enumerable.Range(0, 40).Select(_ => Tensor.Allocate(DataType.F32, new Shape(4000)))];
        Assert.All(GoldenSample.OutputsOf(outputs[..4], 0), o => Assert.InRange(o.Values.Count, 200, 256));
        Assert.All(GoldenSample.OutputsOf(outputs, 0), o => Assert.InRange(o.Values.Count, 50, 64));
    }

    [Fact]
    public void ABriefSampleIsCheckedOnTheDevice()
    {
        foreach ((bool exact, bool brief) in new[] { (true, true), (false, true), (true, false) })
        {
            ModelFile model = EdgeReader.Read(EdgeWriter.WriteToArray(Model(5, brief ? 2100 : 7, exact)));
            using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
            Assert.Equal(0, GoldenCheck.Run(session, model.Goldens)[0].Error);
        }
    }

    [Fact]
    public void ADifferenceInWhatIsNotStoredFailsWhereBitsHaveToAgree()
    {
        foreach (bool exact in new[] { true, false })
        {
            ModelFile model = Model(5, 2100, exact);
            GoldenOutput output = model.Goldens[0].Outputs[0];
            Tensor outputs = Compute(model);
            outputs.Span<float>()[output.Stride + 1] += 1e-6f;
            GoldenSample other = model.Goldens[0] with { Outputs = GoldenSample.OutputsOf([outputs], model.Goldens[0].Tolerance) };
            using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
            Assert.Equal(!exact, GoldenCheck.Run(session, [other])[0].Passed);
        }
    }

    [Fact]
    public void ADifferenceInWhatIsStoredIsMeasuredAgainstTheLargestOfAll()
    {
        ModelFile model = Model(5, 2100, exact: false);
        GoldenOutput output = model.Goldens[0].Outputs[0];
        Tensor outputs = Compute(model);
        outputs.Span<float>()[output.Stride] += 0.5f;
        outputs.Span<float>()[1] = 50;
        GoldenSample other = model.Goldens[0] with { Outputs = GoldenSample.OutputsOf([outputs], 1e-4f) };
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        Assert.Equal(0.01, GoldenCheck.Run(session, [other])[0].Error, 1e-6);
    }

    private static Tensor Compute(ModelFile model)
    {
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        return session.Run(model.Goldens[0].InputValues())[0].Clone();
    }

    private static ModelFile Model(int rows, int columns, bool exact)
    {
        var graph = new Graph("relu");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(rows, columns)));
        graph.AddOutput(graph.Add("y", new Unary("Relu"), [input]));
        var made = new GoldenInput(input.Info, null, new GeneratedValues(9, -3, 3));
        float tolerance = exact ? 0 : 1e-4f;
        var sample = new GoldenSample("brief", [made], [], tolerance);
        var model = new ModelFile { Graph = graph, Goldens = [sample] };
        return model with { Goldens = [sample with { Outputs = GoldenSample.OutputsOf([Compute(model)], tolerance) }] };
    }
}
