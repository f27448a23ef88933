using System.Diagnostics;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Files;
using Edge.Runtime.Sensors.Posix;

namespace Edge.Runtime.Sensors.Exec;

/// <summary>What a child process writes to its standard output.</summary>
/// <param name="Command">Given to <c>/bin/sh -c</c>.</param>
/// <param name="Format">JPEG files one after the other, or raw frames without padding.</param>
internal sealed record ExecOptions(string Command, FrameFormat Format, int Width, int Height)
{
    /// <summary>Without a frame for so long the child counts as hung.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Frames from a child process such as rpicam-vid, ffmpeg or gst-launch-1.0: for CSI cameras and network streams. The child is a
/// process group of its own and is ended with SIGTERM, then SIGKILL. What it writes to standard error is read all the time; the
/// last lines are part of the error when it ends or hangs.
/// </summary>
internal sealed class ExecSource : IImageSource
{
    private const int ChunkBytes = 1 << 16;
    private const int KeptLines = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ExecOptions _options;
    private readonly string _place;
    private readonly Process _process;
    private readonly JpegSplitter _splitter = new();
    private readonly Queue<string> _errors = new();
    private readonly byte[] _chunk;
    private int _filled;
    private long _next;

    /// <exception cref="EdgeException">The shell cannot be started.</exception>
    public ExecSource(ExecOptions options, string place)
    {
        _options = options;
        _place = place;
        _chunk = new byte[options.Format == FrameFormat.Jpeg ? ChunkBytes : ImageFrame.SizeOf(options.Format, options.Width, options.Height)];
        // setsid makes a process group: with it a whole pipeline ends, not only the shell.
        var info = new ProcessStartInfo("/usr/bin/setsid", ["/bin/sh", "-c", options.Command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            _process = Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw SourceErrors.Failed(place, $"the command cannot be started: {exception.Message}", "install util-linux (setsid)", exception);
        }
        _process.StandardInput.Close();
        _process.ErrorDataReceived += (_, line) => KeepError(line.Data);
        _process.BeginErrorReadLine();
    }

    public double? Rate => null;

    public long BadFrames => _splitter.BadFrames;

    /// <summary>The last lines of the child's standard error.</summary>
    public string[] LastErrors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    public bool Read(ImageFrame frame)
    {
        using var stall = new CancellationTokenSource(_options.Stall);
        while (true)
        {
            if (_options.Format == FrameFormat.Jpeg ? TakeJpeg(frame) : TakeRaw(frame))
            {
                frame.Sequence = _next++;
                frame.Timestamp = Stopwatch.GetTimestamp();
                return true;
            }
            int count = ReadChunk(stall.Token);
            if (count == 0)
            {
                throw Ended();
            }
            _filled += count;
            if (_options.Format == FrameFormat.Jpeg)
            {
                _splitter.Add(_chunk.AsSpan(0, _filled));
                _filled = 0;
            }
        }
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
            {
                _ = Libc.Kill(-_process.Id, Libc.SignalTerminate);
                if (!_process.WaitForExit(Patience))
                {
                    _ = Libc.Kill(-_process.Id, Libc.SignalKill);
                    _process.WaitForExit(Patience);
                }
            }
        }
        catch (InvalidOperationException)
        {
            // it has just ended
        }
        _process.Dispose();
    }

    private bool TakeJpeg(ImageFrame frame)
    {
        if (!_splitter.TryRead(out ReadOnlySpan<byte> file))
        {
            return false;
        }
        frame.SetJpeg(file);
        return true;
    }

    private bool TakeRaw(ImageFrame frame)
    {
        if (_filled < _chunk.Length)
        {
            return false;
        }
        _chunk.CopyTo(frame.Prepare(_options.Format, _options.Width, _options.Height));
        _filled = 0;
        return true;
    }

    private int ReadChunk(CancellationToken stall)
    {
        try
        {
            return _process.StandardOutput.BaseStream.ReadAsync(_chunk.AsMemory(_filled), stall).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw SourceErrors.Failed(_place, $"the command wrote no frame for {_options.Stall.TotalSeconds:0.#} s{Said()}", "check the command in a shell; it is started again by itself");
        }
        catch (IOException exception)
        {
            throw SourceErrors.Failed(_place, $"the command's output cannot be read: {exception.Message}", inner: exception);
        }
    }

    private EdgeException Ended()
    {
        string code = _process.WaitForExit(Patience) ? $"with code {_process.ExitCode}" : "its output";
        return SourceErrors.Failed(_place, $"the command ended {code}{Said()}", "check the command in a shell; it is started again by itself");
    }

    private string Said()
    {
        string[] lines = LastErrors;
        return lines.Length == 0 ? "" : $"; it said: {string.Join(" | ", lines[^Math.Min(3, lines.Length)..])}";
    }

    private void KeepError(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_errors)
        {
            _errors.Enqueue(line.Length > 500 ? line[..500] : line);
            if (_errors.Count > KeptLines)
            {
                _errors.Dequeue();
            }
        }
    }
}
