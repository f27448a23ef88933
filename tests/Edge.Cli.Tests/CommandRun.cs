using System.Diagnostics;
using System.Text.Json;

namespace Edge.Cli.Tests;

/// <summary>One finished run of a built command, as a user would start it.</summary>
public sealed record CommandRun(int ExitCode, string Output, string Errors, TimeSpan Elapsed, long PeakBytes)
{
    private static readonly string Binaries = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    public static CommandRun Convert(params string[] arguments) => Start("Edge.Convert/release/edge-convert", arguments, []);

    public static CommandRun Edge(params string[] arguments) => Start("Edge.Cli/release/edge", arguments, []);

    /// <param name="program">Path below artifacts/bin.</param>
    /// <param name="environment">Variables that differ from this process's.</param>
    public static CommandRun Start(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var info = new ProcessStartInfo(Path.Combine(Binaries, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(info)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(5))
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(2))
            {
                process.Kill();
                throw new TimeoutException($"{program} {string.Join(' ', arguments)} does not end");
            }
            peak = Math.Max(peak, PeakOf(process));
        }
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output.Result, errors.Result, Stopwatch.GetElapsedTime(start), peak);
    }

    /// <summary>This run, which must have ended well.</summary>
    public CommandRun Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Errors}");
        return this;
    }

    /// <summary>This run, which must have failed with an error on stderr and without a stack trace.</summary>
    public CommandRun FailedWith(int code, string text)
    {
        Assert.True(ExitCode == code, $"exit code {ExitCode}, expected {code}\n{Output}\n{Errors}");
        Assert.Contains("error: ", Errors, StringComparison.Ordinal);
        Assert.Contains(text, Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Errors, StringComparison.Ordinal);
        return this;
    }

    /// <summary>Standard output, which must be one JSON value.</summary>
    public JsonElement Json() => JsonDocument.Parse(Output).RootElement;

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // it has just ended
        }
    }
}
