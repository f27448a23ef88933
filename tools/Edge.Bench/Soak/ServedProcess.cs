using System.Diagnostics;
using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Soak;

/// <summary>A process that a soak test runs and watches through /proc. What it writes is kept only where it fails.</summary>
internal sealed class ServedProcess : IDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    /// <exception cref="EdgeException">The program cannot be started.</exception>
    public ServedProcess(string program, Action<string>? onLine, params string[] arguments)
    {
        try
        {
            _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the program cannot be started: {exception.Message}", "build or install it", program, exception);
        }
        _process.OutputDataReceived += (_, line) => Keep(line.Data, onLine);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data, null);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines that it wrote.</summary>
    public string LastLines
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Bytes that are resident; its part of them where pages are shared; and those of memory that belongs to no file.</summary>
    public (long Resident, long Proportional, long Anonymous) Memory()
    {
        Dictionary<string, long> sums = File.ReadLines($"/proc/{_process.Id}/smaps_rollup").Skip(1)
            .Select(l => l.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(w => w[0], w => long.Parse(w[1], CultureInfo.InvariantCulture) * 1024);
        return (sums["Rss"], sums["Pss"], sums["Anonymous"]);
    }

    /// <summary>Seconds of processor time so far.</summary>
    public double ProcessorSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    public int Threads
    {
        get
        {
            _process.Refresh();
            return _process.Threads.Count;
        }
    }

    /// <summary>Open files.</summary>
    public int Descriptors => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    /// <summary>Asks it to end.</summary>
    /// <returns>The exit code, and the seconds that it took.</returns>
    public (int Code, double Seconds) Terminate()
    {
        long start = Stopwatch.GetTimestamp();
        using (Process kill = Process.Start("kill", ["-s", "TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }
        _process.WaitForExit(TimeSpan.FromSeconds(30));
        return (_process.HasExited ? _process.ExitCode : -1, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private void Keep(string? line, Action<string>? onLine)
    {
        if (line is null)
        {
            return;
        }
        onLine?.Invoke(line);
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > 20)
            {
                _lines.Dequeue();
            }
        }
    }
}
