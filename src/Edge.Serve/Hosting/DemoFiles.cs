using Edge.Serve.Configuration;

namespace Edge.Serve.Hosting;

/// <summary>What <c>edge serve --demo</c> needs, unpacked into a folder: a recorded ECG, a video of digits, a model that reads them.</summary>
public sealed class DemoFiles : IDisposable
{
    private const string Prefix = "demo/";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-demo-");

    public DemoFiles()
    {
        foreach (string name in typeof(DemoFiles).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream resource = typeof(DemoFiles).Assembly.GetManifestResourceStream(name)!;
            using FileStream file = File.Create(PathOf(name[Prefix.Length..]));
            resource.CopyTo(file);
        }
    }

    /// <summary>The demo's configuration.</summary>
    /// <param name="listen">HOST:PORT of the page.</param>
    public ServeConfig Config(string listen) => new()
    {
        Web = new WebConfig { Listen = listen },
        Streams =
        [
            new StreamConfig { Name = "heart", Source = $"wfdb://{PathOf("heart")}?loop=yes" },
            new StreamConfig
            {
                Name = "digits",
                Source = $"file://{PathOf("digits.mjpeg")}?fps=2&loop=yes",
                Model = PathOf("lenet5.edge"),
                Threads = 1,
                Events = [new EventConfig { Name = "seven", Label = "7", Threshold = 0.8f, On = 1, Off = 1 }],
            },
            new StreamConfig { Name = "pattern", Source = "synthetic://camera?width=320&height=240&fps=10" },
        ],
    };

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
