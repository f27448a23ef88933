using System.Diagnostics;
using System.Globalization;
using System.Text;
using Edge.Testing;

namespace Edge.Serve.Tests;

/// <summary>A program that a test starts and ends: <c>edge serve</c>, or a broker.</summary>
internal sealed class EdgeProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private EdgeProcess(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }
        _process = Process.Start(info)!;
        _process.StandardInput.Close();
        _process.ErrorDataReceived += Keep;
        _process.OutputDataReceived += Keep;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public static string Edge => Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "Edge.Cli", "release", "edge");

    /// <summary>What it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static EdgeProcess Serve(params string[] arguments) => new(Edge, ["serve", .. arguments], []);

    public static EdgeProcess Serve(string[] arguments, params (string Name, string Value)[] environment) => new(Edge, ["serve", .. arguments], environment);

    public static EdgeProcess Start(string program, params string[] arguments) => new(program, arguments, []);

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(TestSetting.Patience), $"it does not end:\n{Output}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_errors)
        {
            _errors.AppendLine(line.Data);
        }
    }
}
