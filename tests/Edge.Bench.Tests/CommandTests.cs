using System.Text.Json;
using Edge.Bench.Devices;
using Edge.Bench.Int8;
using Edge.Bench.Latency;
using Edge.Bench.Layers;
using Edge.Runtime.Devices;
using Edge.Testing;

namespace Edge.Bench.Tests;

/// <summary>The commands on the bundled LeNet-5, as short as they go: what they write, not how long it takes.</summary>
public sealed class CommandTests : IDisposable
{
    private static readonly string Model = Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-bench-tests-");

    [Fact]
    public void LatencyWritesMarkdownAndJson()
    {
        string document = Path.Combine(_folder.FullName, "performance.md");
        string json = Path.Combine(_folder.FullName, "latency.json");
        int code = new LatencyCommand().Parse([Model, "--threads", "1,2", "--rounds", "1", "--seconds", "0.001", "-o", document, "--json", json]).Invoke();
        Assert.Equal(0, code);
        JsonElement root = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        JsonElement[] rows = [.. root.GetProperty("rows").EnumerateArray()];
        Assert.Equal([1, 2], rows.Select(r => r.GetProperty("threads").GetInt32()));
        Assert.All(rows, r => Assert.InRange(r.GetProperty("difference").GetDouble(), 0, 1e-4));
        Assert.All(rows, r => Assert.True(r.GetProperty("ratio_of_medians").GetDouble() > 0));
        Assert.Equal(2, root.GetProperty("geometric_means").GetArrayLength());
        string text = File.ReadAllText(document);
        Assert.StartsWith("<!-- begin latency -->", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(l => l.StartsWith("| lenet5 |", StringComparison.Ordinal)));
    }

    [Fact]
    public void Int8ComparesThreeEngines()
    {
        string document = Path.Combine(_folder.FullName, "performance.md");
        string json = Path.Combine(_folder.FullName, "int8.json");
        // The peer runs whatever lies in the folder: here the same model in float32.
        string[] arguments = [Model, "--quantized", RepositoryPaths.BundledModels, "--rounds", "1", "--seconds", "0.001", "-o", document, "--json", json];
        Assert.Equal(0, new Int8Command().Parse(arguments).Invoke());
        JsonElement row = JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("rows").EnumerateArray().Single();
        Assert.All(new[] { "ratio_of_medians", "to_real" }, name => Assert.True(row.GetProperty(name).GetDouble() > 0));
        Assert.InRange(row.GetProperty("file_share").GetDouble(), 0.2, 0.4);
        Assert.Contains("| lenet5 |", File.ReadAllText(document), StringComparison.Ordinal);
    }

    [Fact]
    public void DevicesCompareBothPrecisions()
    {
        foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
        {
            using IDevice? device = TestDevices.TryOpen(api, out string why);
            Assert.SkipWhen(device is null, why);
        }
        string document = Path.Combine(_folder.FullName, "devices.md");
        string json = Path.Combine(_folder.FullName, "devices.json");
        Assert.Equal(0, new DevicesCommand().Parse([Model, "--int8", "--seconds", "0.001", "-o", document, "--json", json]).Invoke());
        JsonElement[] rows = [.. JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["float32", "int8"], rows.Select(r => r.GetProperty("precision").GetString()));
        JsonElement[] results = [.. rows.SelectMany(r => r.GetProperty("results").EnumerateArray())];
        Assert.All(results, r => Assert.Equal(r.GetProperty("steps").GetInt32(), r.GetProperty("steps_on_device").GetInt32()));
        Assert.All(results, r => Assert.Equal(1, r.GetProperty("submissions").GetInt32()));
        Assert.All(results[2..], r => Assert.True(r.GetProperty("same_bits").GetBoolean()));
        string[] table = [.. File.ReadAllLines(document).Where(l => l.StartsWith('|'))];
        Assert.Equal(2, table.Count(l => l.StartsWith("| lenet5 |", StringComparison.Ordinal)));
        Assert.All(table, l => Assert.Equal(table[0].Count(c => c == '|'), l.Count(c => c == '|')));
    }

    [Fact]
    public void LayersWritesEveryStep()
    {
        string document = Path.Combine(_folder.FullName, "performance.md");
        string json = Path.Combine(_folder.FullName, "layers.json");
        int code = new LayersCommand().Parse([Model, "--runs", "3", "-o", document, "--json", json, "--section", "layers lenet5"]).Invoke();
        Assert.Equal(0, code);
        JsonElement root = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        JsonElement[] layers = [.. root.GetProperty("layers").EnumerateArray()];
        Assert.Equal(1, layers.Sum(l => l.GetProperty("share").GetDouble()), 6);
        Assert.All(layers, l => Assert.NotEmpty(l.GetProperty("row").GetString()!));
        Assert.Contains(layers, l => l.GetProperty("operator").GetString() == "Conv" && l.GetProperty("roofline_ms").GetDouble() > 0);
        string[] lines = File.ReadAllLines(document);
        Assert.Equal("<!-- begin layers lenet5 -->", lines[0]);
        Assert.Equal(layers.Length + 1, lines.Count(l => l.StartsWith("| ", StringComparison.Ordinal)) - 1);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
