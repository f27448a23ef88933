using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Configuration;

namespace Edge.Serve.Tests;

public class OtlpTests
{
    /// <summary>A collector that is not there at first: health tells so, and later gets sums that have counted on.</summary>
    [Fact]
    public async Task ACollectorGetsTheMeters()
    {
        using var folder = new TemporaryFolder();
        int port = TestSetting.FreePort();
        ServeConfig config = DaemonTests.Config(folder) with { Telemetry = new TelemetryConfig { Endpoint = $"http://127.0.0.1:{port}/", Seconds = 0.1, SecretFile = folder.Write("token", "secret") } };
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config);
        TestSetting.Eventually(() => daemon.TextAsync("/healthz").Result.Contains("telemetry: ", StringComparison.Ordinal), "the problem");
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/healthz")).StatusCode);
        using var collector = new HttpListener();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        long last = -1;
        for (int i = 0; i < 3; i++)
        {
            HttpListenerContext post = await collector.GetContextAsync().WaitAsync(TestSetting.Patience);
            Assert.Equal(("POST", "/v1/metrics", "application/json", "Bearer secret"), (post.Request.HttpMethod, post.Request.Url!.AbsolutePath, post.Request.ContentType, post.Request.Headers["Authorization"]));
            using var reader = new StreamReader(post.Request.InputStream, Encoding.UTF8);
            long produced = Produced(JsonDocument.Parse(await reader.ReadToEndAsync()).RootElement);
            Assert.True(produced >= last, $"{produced} after {last}");
            last = produced;
            post.Response.StatusCode = 200;
            post.Response.Close();
        }
        Assert.True(last > 0);
        TestSetting.Eventually(() => !daemon.TextAsync("/healthz").Result.Contains("telemetry: ", StringComparison.Ordinal) || Answer(collector), "good health");
    }

    [Theory]
    [InlineData("""{"endpoint":"collector:4318"}""", "telemetry.endpoint is 'collector:4318'")]
    [InlineData("""{"endpoint":"http://collector:4318","seconds":0}""", "telemetry.seconds is 0")]
    public void WrongSettingsAreNamed(string telemetry, string expected)
    {
        EdgeException problem = Assert.Throws<EdgeException>(() => ConfigFile.Parse($$"""{"streams":[{"name":"a","source":"synthetic://ecg"}],"telemetry":{{telemetry}}}""", "c.json", []));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Samples of the stream 'heart', from the structure that OTLP prescribes.</summary>
    private static long Produced(JsonElement root)
    {
        JsonElement resource = root.GetProperty("resourceMetrics")[0];
        Assert.Contains(resource.GetProperty("resource").GetProperty("attributes").EnumerateArray(), a => a.GetProperty("key").GetString() == "service.name");
        JsonElement metric = resource.GetProperty("scopeMetrics")[0].GetProperty("metrics").EnumerateArray().First(m => m.GetProperty("name").GetString() == "edge.stream.produced");
        JsonElement sum = metric.GetProperty("sum");
        Assert.Equal((2, true), (sum.GetProperty("aggregationTemporality").GetInt32(), sum.GetProperty("isMonotonic").GetBoolean()));
        JsonElement[] hearts = [.. sum.GetProperty("dataPoints").EnumerateArray().Where(p => p.GetProperty("attributes")[0].GetProperty("value").GetProperty("stringValue").GetString() == "heart")];
        return hearts.Max(h => long.Parse(h.GetProperty("asInt").GetString()!, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Answers one more post.</summary>
    private static bool Answer(HttpListener collector)
    {
        HttpListenerContext post = collector.GetContext();
        post.Response.Close();
        return false;
    }
}
