using System.CommandLine;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;

namespace Edge.Cli;

/// <summary><c>edge serve</c>: the daemon on camera and ECG streams. Its assemblies are loaded only when it runs.</summary>
internal sealed class ServeCommand : Command
{
    private readonly Argument<string?> _config = new("CONFIG.json") { Description = "What to do; see --schema.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _demo = new("--demo") { Description = "Replay a recorded ECG and a video; needs no hardware and no configuration." };
    private readonly Option<bool> _check = new("--check") { Description = "Check the configuration and its models, and end." };
    private readonly Option<bool> _schema = new("--schema") { Description = "Print the JSON schema of the configuration." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting that wins over the file, such as web.listen=127.0.0.1:9000; may be repeated.", HelpName = "PATH=VALUE", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _log = new("--log") { Description = "How to log.", HelpName = "text|json", DefaultValueFactory = _ => "text" };

    public ServeCommand()
        : base("serve", "Runs models on camera and ECG streams, with a live page, until it is told to stop.")
    {
        _log.AcceptOnlyFromAmong("text", "json");
        Arguments.Add(_config);
        foreach (Option option in new Option[] { _demo, _check, _schema, _set, _log })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        if (result.GetValue(_schema))
        {
            Console.Out.Write(ConfigFile.Schema());
            return 0;
        }
        string[] overrides = result.GetValue(_set) ?? [];
        if (result.GetValue(_demo))
        {
            using var files = new DemoFiles();
            return Serve(result, files.Config(DemoAddress(overrides)), null);
        }
        if (result.GetValue(_config) is not { } path)
        {
            throw new EdgeException(EdgeError.BadOption, "there is no configuration", "give CONFIG.json, or --demo");
        }
        ServeConfig config = ConfigFile.Load(path, overrides);
        if (result.GetValue(_check))
        {
            Daemon.CheckModels(config);
            Console.Error.WriteLine($"{path}: {config.Streams.Length} streams, {config.Sinks.Length} sinks: valid");
            return 0;
        }
        return Serve(result, config, () => ConfigFile.Load(path, overrides));
    }

    private static string DemoAddress(string[] overrides)
    {
        const string Listen = "web.listen=";
        foreach (string other in overrides.Where(o => !o.StartsWith(Listen, StringComparison.Ordinal)))
        {
            throw new EdgeException(EdgeError.BadOption, $"--demo has no setting '{other}', only web.listen", "write a configuration");
        }
        string address = overrides.LastOrDefault()?[Listen.Length..] ?? new WebConfig().Listen;
        return address;
    }

    private int Serve(ParseResult result, ServeConfig config, Func<ServeConfig>? reload)
    {
        NativeHeap.Share(2);
        ProgramPages.Load();
        using var daemon = new Daemon(new ServeOptions
        {
            Config = config,
            Codec = new SkiaCodec(),
            Reload = reload,
            StandardOutput = Console.OpenStandardOutput,
            JsonLogs = result.GetValue(_log) == "json",
            Started = result.GetValue(_log) == "json" ? null : address => Console.Error.WriteLine($"live page: {address}  (Ctrl+C ends)"),
        });
        daemon.RunAsync(CancellationToken.None).GetAwaiter().GetResult();
        return 0;
    }
}
