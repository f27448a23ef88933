using System.Text.Json;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Cli.Tests;

public class QuantizeCommandTests
{
    private static readonly string LeNet = Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx");

    [Fact]
    public void QuantizesChecksAndCompares()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(6, 1, 32, 32), 1, 0, 1));
        CommandRun.Convert(LeNet, "-o", folder.Path("float.edge")).Succeeded();
        CommandRun run = CommandRun.Convert(LeNet, "-o", folder.Path("int8.edge"), "--int8", "--calibrate", samples).Succeeded();
        Assert.Contains("the same on every device", run.Output, StringComparison.Ordinal);
        CommandRun.Convert(LeNet, "-o", folder.Path("again.edge"), "--int8", "--calibrate", samples).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.Path("int8.edge")), File.ReadAllBytes(folder.Path("again.edge")));
        Assert.True(new FileInfo(folder.Path("int8.edge")).Length < 0.35 * new FileInfo(folder.Path("float.edge")).Length);
        CommandRun.Edge("doctor", folder.Path("int8.edge")).Succeeded();
        JsonElement json = CommandRun.Convert("compare", folder.Path("float.edge"), folder.Path("int8.edge"), "--data", samples, "--expected", folder.Text("classes.txt", "0\n1\n2\n3\n4\n5\n"), "--json").Succeeded().Json();
        Assert.Equal(6, json.GetProperty("samples").GetInt32());
        Assert.True(json.GetProperty("snr_db")[0].GetDouble() > 15);
        Assert.InRange(json.GetProperty("top1_b").GetDouble(), 0, 1);
    }

    /// <summary>What <c>--emit-qdq</c> writes is a QDQ model that comes back as the same integers.</summary>
    [Fact]
    public void EmittedPairsComeBackAsTheSameModel()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(4, 1, 32, 32), 1, 0, 1));
        CommandRun.Convert(LeNet, "-o", folder.Path("int8.edge"), "--int8", "--calibrate", samples, "--emit-qdq", folder.Path("m.qdq.onnx")).Succeeded();
        JsonElement int8 = CommandRun.Convert(folder.Path("m.qdq.onnx"), "-o", folder.Path("back.edge"), "--json").Succeeded().Json().GetProperty("int8");
        Assert.True(int8.GetProperty("same_bits_everywhere").GetBoolean());
        JsonElement json = CommandRun.Convert("compare", folder.Path("int8.edge"), folder.Path("back.edge"), "--data", samples, "--json").Succeeded().Json();
        Assert.Equal(200, json.GetProperty("snr_db")[0].GetDouble());
        CommandRun.Convert(LeNet, "-o", folder.Path("x.edge"), "--emit-qdq", folder.Path("x.onnx")).FailedWith(2, "EC4002");
    }

    [Fact]
    public void JsonTellsWhatWasQuantized()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(2, 1, 32, 32), 1, 0, 1));
        JsonElement json = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", samples, "--method", "minmax", "--json").Succeeded().Json().GetProperty("int8");
        Assert.Equal(2, json.GetProperty("samples").GetInt32());
        Assert.True(json.GetProperty("same_bits_everywhere").GetBoolean());
        Assert.Equal("MinMax", json.GetProperty("ranges")[0].GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("missing.npy", "no such file or folder")]
    [InlineData("wrong.npy", "expected numbers of shape [1,1,32,32]")]
    [InlineData("empty", "holds no .npy")]
    [InlineData("images", "give --preprocess")]
    public void SamplesThatDoNotFitAreRefused(string name, string problem)
    {
        using var folder = new TestFolder();
        folder.Npy("wrong.npy", RandomTensor.F32(new Shape(3, 1, 28, 28), 1));
        Directory.CreateDirectory(folder.Path("empty"));
        Directory.CreateDirectory(folder.Path("images"));
        folder.Text(Path.Combine("images", "a.png"), "no image");
        CommandRun run = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", folder.Path(name)).FailedWith(1, "EC4001");
        Assert.Contains(problem, run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Path("m.edge")));
    }

    [Theory]
    [InlineData("m.onnx", "--int8")]
    [InlineData("m.onnx", "--int8", "--calibrate", "x.npy", "--method", "best of all")]
    [InlineData("compare", "a.edge", "b.edge")]
    public void WrongUsageEndsWithTwo(params string[] arguments) => CommandRun.Convert(arguments).FailedWith(2, "error: ");
}
