using Edge.Convert;
using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Execution;
using Edge.Testing;

namespace Edge.Bench.Tests.Quantize;

/// <summary>Models that others' tools quantized convert and agree with ONNX Runtime within one step of the output.</summary>
public sealed class ForeignModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-foreign-");

    public static TheoryData<string> Models => [.. ForeignModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void ConvertsAndAgreesWithOnnxRuntime(string name)
    {
        (ModelProto model, double step) = ForeignModels.Build(name);
        string path = Path.Combine(_folder.FullName, "m.onnx");
        string edge = Path.ChangeExtension(path, ".edge");
        OnnxFile.Write(model, path);
        ConversionResult result = Converter.Convert(new ConvertOptions { ModelPath = path, OutputPath = edge });
        Assert.True(step == 0 || result.Quantization is { IsExact: true }, string.Join(", ", result.Quantization?.Kept ?? []));
        using InferenceSession session = EdgeModel.Open(edge).CreateSession(new SessionOptions { Threads = 1 });
        using var peer = new OrtSession(path, 1);
        for (int seed = 0; seed < 20; seed++)
        {
            Tensor x = RandomTensor.F32(ForeignModels.Input, seed, -2, 2);
            double[] ours = session.Run([x])[0].ToDouble();
            double[] theirs = peer.Run([x])[0].ToDouble();
            double allowed = step > 0 ? step : (theirs.Max() - theirs.Min()) / 255;
            Assert.True(theirs.Max() - theirs.Min() > 3 * step, "the model says something");
            Assert.All(ours.Zip(theirs), p => Assert.True(Math.Abs(p.First - p.Second) <= 1.001 * allowed, $"{p.First} {p.Second}, step {allowed}, seed {seed}"));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
