using Edge.Runtime.Diagnostics;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Cli.Tests;

/// <summary>Every malformed or unsupported ONNX file ends the command with 1, its own reason, and in little memory.</summary>
public class MalformedModelTests
{
    private const long MaxBytes = 256 << 20;

    public static TheoryData<string> Names => [.. MalformedModels.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheCommandRefusesIt(string name)
    {
        MalformedModel model = Assert.Single(MalformedModels.All, m => m.Name == name);
        string folder = Directory.CreateTempSubdirectory("edge-malformed").FullName;
        try
        {
            CommandRun run = CommandRun.Convert(model.Write(folder));
            run.FailedWith(1, $"error: {EdgeException.Code(model.Error)}");
            Assert.All(model.Words, word => Assert.Contains(word, run.Errors, StringComparison.Ordinal));
            Assert.True(run.PeakBytes < MaxBytes, $"it took {run.PeakBytes} bytes");
            Assert.Empty(Directory.GetFiles(folder, "*.edge"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
