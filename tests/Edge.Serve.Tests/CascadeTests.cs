using System.Text.Json;
using Edge.Testing;

namespace Edge.Serve.Tests;

/// <summary>A face detector and a classifier of what it finds, on photos; skipped where models or photos are missing.</summary>
public class CascadeTests
{
    [Fact]
    public void FacesAreFoundAndEachIsClassified()
    {
        string? detector = Find(RepositoryPaths.Models, "detect/ultraface_rfb320.onnx");
        string? classifier = Find(RepositoryPaths.Models, "classify/mobilenetv1_0.25_128_fp32.onnx");
        string? photos = Find(RepositoryPaths.Recordings, "faces");
        Assert.SkipWhen(detector is null || classifier is null || photos is null, "the models or the photos are missing");
        using var folder = new TemporaryFolder();
        Convert(folder, detector!, "faces", """{"image":{"width":320,"height":240,"mean":[127,127,127],"std":[128,128,128]}}""");
        Convert(folder, classifier!, "things", """{"image":{"width":128,"height":128,"mean":[127.5,127.5,127.5],"std":[127.5,127.5,127.5]}}""");
        string config = folder.Write("c.json", $$"""
            {
              "web": { "listen": "" },
              "streams": [ {
                "name": "door", "source": "file://{{photos}}?fps=4", "model": "{{folder.Path("faces.edge")}}", "threads": 1,
                "boxes": { "layout": "corners", "threshold": 0.7 }, "cascade": "{{folder.Path("things.edge")}}", "top": 3,
                "events": [ { "name": "visitor", "label": "0", "on": 2, "off": 1 } ]
              } ],
              "sinks": [ { "kind": "jsonl", "path": "{{folder.Path("r.jsonl")}}" } ]
            }
            """);
        using EdgeProcess edge = EdgeProcess.Serve(config);
        TestSetting.Eventually(() => edge.Output.Contains("source ended", StringComparison.Ordinal) || edge.HasExited, "the last photo");
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
        JsonElement[] results = [.. File.ReadLines(folder.Path("r.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)];
        JsonElement[] frames = [.. results.Where(r => r.GetProperty("kind").GetString() == "boxes")];
        // A machine that is held up skips photos; every one that was looked at shows somebody.
        Assert.InRange(frames.Length, 3, Directory.GetFiles(photos!, "*.jpg").Length);
        Assert.All(frames, f => Assert.Contains(f.GetProperty("boxes").EnumerateArray(), b => b.GetProperty("score").GetDouble() > 0.9));
        Assert.All(frames.SelectMany(f => f.GetProperty("boxes").EnumerateArray().Take(8)), b => Assert.Equal(3, b.GetProperty("classes").GetArrayLength()));
        Assert.Contains(results, r => r.TryGetProperty("event", out JsonElement e) && e.GetProperty("name").GetString() == "visitor" && e.GetProperty("active").GetBoolean());
    }

    private static string? Find(string? root, string path) =>
        root is not null && Path.Combine(root, path) is var full && Path.Exists(full) ? Path.GetFullPath(full) : null;

    private static void Convert(TemporaryFolder folder, string onnx, string name, string preprocessing)
    {
        string program = Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "Edge.Convert", "release", "edge-convert");
        using EdgeProcess convert = EdgeProcess.Start(program, onnx, "--preprocess", folder.Write(name + ".json", preprocessing), "-o", folder.Path(name + ".edge"));
        Assert.True(convert.WaitForExit() == 0, convert.Output);
    }
}
