using System.Security.Cryptography;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Execution;

/// <summary>
/// Models that compute in integers give the same bits on every processor: the digests were taken once, on x64, and hold on arm64 and
/// with features masked.
/// </summary>
public class IntegerModelTests
{
    public static TheoryData<string, string> Digests => new()
    {
        { "int8-residual.edge", "69f64ff67ad94a1a41109bd98dc1686b3f336673766a982332ca04502b4d9432" },
        { "int8-mobile.edge", "b8d03d75e742d42af6706fe5a53f23eae84e6d0fbf66b0f40140d0b1d1ad7826" },
        { "int8-inception.edge", "af21009e7d754a47e9a467133c137c2dd3b7d4a46fd5d7368999c10d5a16f508" },
        { "int8-signal.edge", "0ab950164758a79d07b1721808767f0d281260a46441d9929395c01b95bb7080" },
        { "int8-dense.edge", "02d348f0ea2d0eb12caf59d4a9f67a242ba622404c4f15796a567b19d4ca0906" },
    };

    [Theory]
    [MemberData(nameof(Digests))]
    public void TheBitsAreTheSameEverywhere(string name, string digest)
    {
        ModelFile model = EdgeReader.Read(Path.Combine(AppContext.BaseDirectory, "Samples", name));
        GoldenSample golden = Assert.Single(model.Goldens);
        Assert.Equal(0, golden.Tolerance);
        foreach (CpuFeatures mask in new[] { CpuFeatures.None, CpuFeatures.Avx2, CpuFeatures.NeonDot, ~CpuFeatures.None })
        {
            using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 2, Kernels = new KernelQuery(Cpu.Features & ~mask) });
            Tensor output = Assert.Single(session.Run(golden.InputValues()));
            Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(output.ByteSpan())));
            Assert.True(GoldenCheck.Run(session, model.Goldens)[0].Passed);
        }
    }

    [Fact]
    public void BoundsFollowFromTheOperators()
    {
        ModelFile model = EdgeReader.Read(Path.Combine(AppContext.BaseDirectory, "Samples", "int8-residual.edge"));
        QuantParams stem = model.Graph.Nodes.First(n => n.Operator.Kind == "QuantConv").Outputs[0].Info.Quant!;
        Assert.Equal((0, 127), (stem.Low, stem.High));
        Assert.Equal(int.MinValue, new QuantParams([1], [0]).Low);
    }

    [Fact]
    public void RunsDoNotAllocate()
    {
        ModelFile model = EdgeReader.Read(Path.Combine(AppContext.BaseDirectory, "Samples", "int8-residual.edge"));
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        float[] input = model.Goldens[0].InputValues()[0].ToArray<float>();
        var output = new float[model.Goldens[0].Outputs[0].Values.Count];
        session.Run(input, output);
        Assert.Equal(0, Allocated.OnThread(() => session.Run(input, output), times: 10));
    }
}
