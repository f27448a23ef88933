using System.Text;
using Edge.Convert.Onnx.Wire;
using Edge.Testing.Onnx;

namespace Edge.Cli.Tests;

/// <summary>Files that are no models end with 1, a message, and little time and memory.</summary>
public class MalformedInputTests
{
    private const long MaxBytes = 256 << 20;

    /// <summary>Generous: the machine may be busy with other tests.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Broken => ["empty", "text", "random", "truncated", "ones", "no graph", "undefined value", "cycle", "no output", "twice"];

    [Theory]
    [MemberData(nameof(Broken))]
    public void BrokenOnnxFilesAreRefused(string kind)
    {
        using var folder = new TestFolder();
        RequireQuickRefusal(CommandRun.Convert(Make(folder, kind)));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("random")]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public void BrokenEdgeFilesAreRefused(string kind)
    {
        using var folder = new TestFolder();
        CommandRun.Convert(folder.Model()).Succeeded();
        byte[] good = File.ReadAllBytes(folder.Path("model.edge"));
        byte[] bytes = kind switch
        {
            "truncated" => good[..(good.Length / 2)],
            "flipped" => [.. good.Select((b, i) => i == good.Length / 2 ? (byte)(b ^ 0x40) : b)],
            _ => Junk(kind),
        };
        string path = folder.Bytes("bad.edge", bytes);
        foreach (string command in new[] { "run", "bench", "inspect", "doctor" })
        {
            RequireQuickRefusal(CommandRun.Edge(command, path));
        }
    }

    private static void RequireQuickRefusal(CommandRun run)
    {
        run.FailedWith(1, "error: EC");
        Assert.True(run.Elapsed < MaxTime, $"it took {run.Elapsed}");
        Assert.True(run.PeakBytes < MaxBytes, $"it took {run.PeakBytes} bytes");
    }

    private static byte[] Junk(string kind)
    {
        var random = new byte[10_000];
        new Random(5).NextBytes(random);
        return kind switch
        {
            "empty" => [],
            "text" => Encoding.UTF8.GetBytes("<html>404 not found</html>"),
            "ones" => [.. Enumerable.Repeat((byte)0xFF, 4096)],
            _ => random,
        };
    }

    private static string Make(TestFolder folder, string kind)
    {
        switch (kind)
        {
            case "truncated":
                byte[] good = File.ReadAllBytes(folder.Model());
                return folder.Bytes("bad.onnx", good[..(good.Length / 2)]);
            case "no graph":
                return folder.Bytes("bad.onnx", [0x08, 0x08]);
            case "undefined value":
                return folder.ModelOf("bad.onnx", TestFolder.MakeNode("Relu", "nowhere", "y"));
            case "cycle":
                return folder.ModelOf("bad.onnx", TestFolder.MakeNode("Relu", "q", "p"), TestFolder.MakeNode("Relu", "p", "q"));
            case "twice":
                return folder.ModelOf("bad.onnx", TestFolder.MakeNode("Relu", "x", "y"), TestFolder.MakeNode("Relu", "x", "y"));
            case "no output":
                NodeProto node = TestFolder.MakeNode("Relu", "x", "y");
                return folder.ModelOf("bad.onnx", node, new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "" } });
            default:
                return folder.Bytes("bad.onnx", Junk(kind));
        }
    }
}
