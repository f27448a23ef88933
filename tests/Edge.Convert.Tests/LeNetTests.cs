using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests;

/// <summary>The bundled LeNet-5: LeCun's sizes, and its accuracy on the bundled digits.</summary>
public class LeNetTests
{
    private static readonly string ModelPath = Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx");

    [Fact]
    public void ActivationsHaveTheSizesOf1998()
    {
        Graph graph = OnnxImporter.Import(ModelPath, new ImportOptions()).Graph;
        string[] shapes = [.. graph.Nodes.Where(n => n.Operator is Conv or MaxPool or Gemm).Select(n => n.Outputs[0].Info.KnownShape.ToString())];
        Assert.Equal(["[1,1,32,32]"], graph.Inputs.Select(i => i.Info.KnownShape.ToString()));
        Assert.Equal(["[1,6,28,28]", "[1,6,14,14]", "[1,16,10,10]", "[1,16,5,5]", "[1,120]", "[1,84]", "[1,10]"], shapes);
    }

    [Fact]
    public void LayersHaveTheParametersOf1998()
    {
        Graph graph = OnnxImporter.Import(ModelPath, new ImportOptions()).Graph;
        long[] parameters =
        [
            .. graph.Nodes.Where(n => n.Operator is Conv or Gemm)
                .Select(n => n.Inputs.OfType<Value>().Where(v => v.IsConstant).Sum(v => v.Constant!.Count)),
        ];
        Assert.Equal([156, 2_416, 48_120, 10_164, 850], parameters);
    }

    [Fact]
    public void RecognisesTheBundledDigits()
    {
        Graph graph = OnnxImporter.Import(ModelPath, new ImportOptions()).Graph;
        PassPipeline.Default.Run(graph);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 2 });
        byte[] pixels = ReadNpyBytes("mnist_test_256.npy");
        byte[] labels = ReadNpyBytes("mnist_test_256_labels.npy");
        var input = new float[32 * 32];
        var logits = new float[10];
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            Normalise(pixels.AsSpan(i * 28 * 28, 28 * 28), input);
            session.Run(input, logits);
            right += Array.IndexOf(logits, logits.Max()) == labels[i] ? 1 : 0;
        }
        Assert.Equal(256, labels.Length);
        Assert.Equal(256, right);
    }

    [Fact]
    public void In8BitsTheFileIsAtMost27PercentOfTheOnnxFile()
    {
        string folder = Directory.CreateTempSubdirectory("edge-lenet").FullName;
        try
        {
            ConversionResult result = Converter.Convert(new ConvertOptions { ModelPath = ModelPath, OutputPath = Path.Combine(folder, "lenet5.edge"), Int8 = new QuantizeOptions { ReadSamples = _ => Digits(32) } });
            double share = (double)result.FileBytes / new FileInfo(ModelPath).Length;
            Assert.True(share is > 0.24 and <= 0.27, $"the file has {share:P2} of the bytes of the ONNX file");
            Assert.Equal(0, Assert.Single(result.Model.Goldens).Tolerance);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Tensor[][] Digits(int count)
    {
        byte[] pixels = ReadNpyBytes("mnist_test_256.npy");
        var samples = new Tensor[count][];
        for (int i = 0; i < count; i++)
        {
            samples[i] = [Tensor.Allocate(DataType.F32, new Shape(1, 1, 32, 32))];
            var input = new float[32 * 32];
            Normalise(pixels.AsSpan(i * 28 * 28, 28 * 28), input);
            input.CopyTo(samples[i][0].Span<float>());
        }
        return samples;
    }

    /// <summary>28x28 pixels in the middle of 32x32, (p / 255 - mean) / std.</summary>
    private static void Normalise(ReadOnlySpan<byte> pixels, float[] input)
    {
        Array.Fill(input, -0.1307f / 0.3081f);
        for (int y = 0; y < 28; y++)
        {
            for (int x = 0; x < 28; x++)
            {
                input[((y + 2) * 32) + x + 2] = ((pixels[(y * 28) + x] / 255f) - 0.1307f) / 0.3081f;
            }
        }
    }

    private static byte[] ReadNpyBytes(string name) =>
        NpyFile.Read(Path.Combine(RepositoryPaths.Root, "tools", "zoo", "samples", name)).ToArray<byte>();
}
