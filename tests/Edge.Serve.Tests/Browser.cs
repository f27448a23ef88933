using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Edge.Serve.Tests;

/// <summary>A headless Chromium with one page, driven by the Chrome DevTools Protocol.</summary>
internal sealed partial class Browser : IAsyncDisposable
{
    private readonly TemporaryFolder _profile;
    private readonly EdgeProcess _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _problems = [];
    private int _last;

    private Browser(TemporaryFolder profile, EdgeProcess process)
    {
        _profile = profile;
        _process = process;
    }

    /// <summary>EDGE_BROWSER, else where distributions put it; null where there is none.</summary>
    public static string? Program { get; } = new[] { Environment.GetEnvironmentVariable("EDGE_BROWSER"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>Exceptions of the page, and errors in its console.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public static async Task<Browser> StartAsync()
    {
        var profile = new TemporaryFolder();
        EdgeProcess process = EdgeProcess.Start(
            Program!, "--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--lang=en", "--remote-debugging-port=0", $"--user-data-dir={profile.Root}", "about:blank");
        var browser = new Browser(profile, process);
        try
        {
            Match match = Match.Empty;
            TestSetting.Eventually(() => (match = Listening().Match(process.Output)).Success || process.HasExited, "the browser");
            Assert.True(match.Success, process.Output);
            await browser.ConnectAsync(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sets the size of the page, in pixels of CSS.</summary>
    public Task ResizeAsync(int width, int height, int scale = 1) => CallAsync(
        "Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = scale, ["mobile"] = false });

    public Task OpenAsync(string address) => CallAsync("Page.navigate", new JsonObject { ["url"] = address });

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true });
        Assert.False(answer.TryGetProperty("exceptionDetails", out JsonElement problem), problem.ToString());
        return answer.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Waits until an expression is true; what it asks for need not be there yet.</summary>
    public async Task UntilAsync(string expression)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while ((await EvaluateAsync($"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()")).ValueKind != JsonValueKind.True)
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TestSetting.Patience, $"{expression} does not become true");
            await Task.Delay(50);
        }
    }

    /// <summary>Presses a key and lets it go.</summary>
    /// <param name="key">As KeyboardEvent.key names it.</param>
    public async Task PressAsync(string key)
    {
        foreach (string type in new[] { key.Length == 1 ? "keyDown" : "rawKeyDown", "keyUp" })
        {
            var parameters = new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key.Length == 1 ? "Key" + key.ToUpperInvariant() : key, ["windowsVirtualKeyCode"] = key switch { "Tab" => 9, "Enter" => 13, "ArrowUp" => 38, "ArrowDown" => 40, _ => char.ToUpperInvariant(key[0]) } };
            if (type == "keyDown")
            {
                parameters["text"] = key;
            }
            await CallAsync("Input.dispatchKeyEvent", parameters);
        }
    }

    /// <summary>Writes the whole page as PNG.</summary>
    public async Task SaveAsync(string path)
    {
        JsonElement picture = await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = true });
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, picture.GetProperty("data").GetBytesFromBase64());
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open)
        {
            await CallAsync("Browser.close", []);
            _process.WaitForExit();
        }
        _socket.Dispose();
        _process.Dispose();
        _profile.Dispose();
    }

    [GeneratedRegex(@"DevTools listening on ws://[^:]+:(\d+)/")]
    private static partial Regex Listening();

    private async Task ConnectAsync(int port)
    {
        using var http = new HttpClient { Timeout = TestSetting.Patience };
        using JsonDocument targets = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{port}/json/list"));
        string address = targets.RootElement.EnumerateArray().First(t => t.GetProperty("type").GetString() == "page").GetProperty("webSocketDebuggerUrl").GetString()!;
        await _socket.ConnectAsync(new Uri(address), CancellationToken.None);
        foreach (string domain in new[] { "Page", "Runtime", "Log" })
        {
            await CallAsync($"{domain}.enable", []);
        }
    }

    /// <summary>Calls a method; events that come in between are looked at for problems.</summary>
    private async Task<JsonElement> CallAsync(string method, JsonObject parameters)
    {
        int id = ++_last;
        using var limit = new CancellationTokenSource(TestSetting.Patience);
        byte[] call = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters });
        await _socket.SendAsync(call, WebSocketMessageType.Text, true, limit.Token);
        while (true)
        {
            JsonElement message = await ReceiveAsync(limit.Token);
            if (message.TryGetProperty("id", out JsonElement answered) && answered.GetInt32() == id)
            {
                Assert.False(message.TryGetProperty("error", out JsonElement error), $"{method}: {error}");
                return message.GetProperty("result");
            }
            KeepProblem(message);
        }
    }

    private async Task<JsonElement> ReceiveAsync(CancellationToken stop)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 << 10];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, stop);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonDocument.Parse(message.ToArray()).RootElement;
    }

    private void KeepProblem(JsonElement message)
    {
        string method = message.TryGetProperty("method", out JsonElement name) ? name.GetString()! : "";
        if (method == "Runtime.exceptionThrown" || (method == "Log.entryAdded" && message.GetProperty("params").GetProperty("entry").GetProperty("level").GetString() == "error"))
        {
            _problems.Add(message.GetProperty("params").ToString());
        }
    }
}
