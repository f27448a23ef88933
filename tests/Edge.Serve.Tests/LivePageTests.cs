using System.Text.Json;
using Edge.Testing;

namespace Edge.Serve.Tests;

/// <summary>The live page in a browser, on a wide and on a narrow screen; skipped where there is no browser. Screenshots lie in artifacts/screenshots.</summary>
public class LivePageTests
{
    private const string HeartRate = "document.querySelector('section.wide .big')?.textContent ?? ''";
    private const string Samples = "Number([...document.querySelectorAll('.facts span')].find(f => f.textContent.startsWith('samples'))?.lastChild.textContent.replaceAll(',', '') ?? 0)";
    private const string Trace = "document.querySelector('canvas.ecg').toDataURL()";

    [Fact]
    public async Task ThePageShowsEcgAndCameraAndListensToTheKeyboard()
    {
        Assert.SkipWhen(Browser.Program is null, "there is no Chromium");
        int port = TestSetting.FreePort();
        using EdgeProcess edge = EdgeProcess.Serve("--demo", "--set", $"web.listen=127.0.0.1:{port}");
        using HttpClient http = ProcessTests.Client(port);
        TestSetting.Eventually(() => ProcessTests.Text(http, "/readyz") == "everything works\n", "readiness");
        await using Browser browser = await Browser.StartAsync();
        await browser.ResizeAsync(1280, 1000);
        await browser.OpenAsync($"http://127.0.0.1:{port}/");
        await RequireLiveValuesAsync(browser);
        foreach ((int width, int height, int scale) in new[] { (1280, 1000, 1), (360, 740, 2) })
        {
            await browser.ResizeAsync(width, height, scale);
            await browser.UntilAsync($"document.querySelector('canvas.ecg').width <= {width * scale}");
            Assert.True((await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth")).GetBoolean(), $"the page is wider than {width} pixels");
            await browser.SaveAsync(Path.Combine(RepositoryPaths.Root, "artifacts", "screenshots", $"live-{width}.png"));
        }
        await RequireKeyboardAsync(browser);
        Assert.Empty(browser.Problems);
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
        await browser.UntilAsync("document.getElementById('health').textContent.includes('lost')");
    }

    private static async Task RequireLiveValuesAsync(Browser browser)
    {
        await browser.UntilAsync("document.getElementById('health').textContent === 'everything works'");
        await browser.UntilAsync($"/\\d+ \\/min/.test({HeartRate})");
        await browser.UntilAsync("document.querySelector('canvas.camera').width > 16 && document.querySelector('canvas.camera').width !== 300");
        await browser.UntilAsync("document.querySelectorAll('section:not(.wide) .bars .value').length >= 5"); // classes, and the layers' times
        double before = (await browser.EvaluateAsync(Samples)).GetDouble();
        string trace = (await browser.EvaluateAsync(Trace)).GetString()!;
        await browser.UntilAsync($"{Samples} > {before.ToString(System.Globalization.CultureInfo.InvariantCulture)} + 360 * 8"); // the picture is full
        Assert.NotEqual(trace, (await browser.EvaluateAsync(Trace)).GetString());
        Assert.True((await browser.EvaluateAsync("document.querySelectorAll('ol li').length > 0")).GetBoolean(), "events are listed");
    }

    private static async Task RequireKeyboardAsync(Browser browser)
    {
        await browser.PressAsync("p");
        await browser.UntilAsync("document.getElementById('pause').getAttribute('aria-pressed') === 'true'");
        JsonElement stopped = await browser.EvaluateAsync(Trace);
        double before = (await browser.EvaluateAsync(Samples)).GetDouble();
        await browser.UntilAsync($"{Samples} > {before.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        Assert.Equal(stopped.GetString(), (await browser.EvaluateAsync(Trace)).GetString()); // numbers go on, the picture stands
        await browser.PressAsync("Tab");
        Assert.Equal("pause", (await browser.EvaluateAsync("document.activeElement.id")).GetString());
        await browser.PressAsync("p");
        await browser.UntilAsync("document.getElementById('pause').getAttribute('aria-pressed') === 'false'");
        await browser.PressAsync("Tab");
        string first = (await browser.EvaluateAsync("document.activeElement.getAttribute('aria-label')")).GetString()!;
        await browser.PressAsync("ArrowDown");
        string second = (await browser.EvaluateAsync("document.activeElement.getAttribute('aria-label')")).GetString()!;
        Assert.Equal(["digits", "heart"], new[] { first, second }.Order());
        await browser.PressAsync("ArrowUp");
        Assert.Equal(first, (await browser.EvaluateAsync("document.activeElement.getAttribute('aria-label')")).GetString());
    }
}
