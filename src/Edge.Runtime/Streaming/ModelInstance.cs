using System.Diagnostics;
using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Streaming;

/// <summary>When a model on overlapping windows computes only what is new.</summary>
public enum HopUse
{
    /// <summary>Where it is faster on this machine.</summary>
    WhereFaster,

    Always,
    Never,
}

/// <summary>A model that is loaded, checked and ready, with the hash of its file.</summary>
public sealed class ModelInstance : IDisposable
{
    private const int KeptTimes = 32;

    private readonly double[] _times = new double[KeptTimes];
    private readonly float[][] _outputs;
    private readonly int _threads;
    private InferenceSession? _whole;
    private long _runs;

    private ModelInstance(string path, string hash, EdgeModel model, InferenceSession session)
    {
        Path = path;
        Hash = hash;
        Model = model;
        _whole = session;
        _threads = session.Threads;
        session.Profiler = new Profiler(session.Plan, KeptTimes);
        _outputs = [.. model.Graph.Outputs.Select(o => o.Info.Type == DataType.F32 ? new float[o.Info.KnownShape.Count] : [])];
    }

    public string Path { get; }

    /// <summary>First 16 hexadecimal digits of the file's SHA-256.</summary>
    public string Hash { get; }

    public EdgeModel Model { get; }

    /// <summary>One float32 input of known shape.</summary>
    public Value Input => Model.Graph.Inputs[0];

    public IReadOnlyList<Value> Outputs => Model.Graph.Outputs;

    /// <summary>The model by hops, which then is all that is held of it; null where windows are computed as a whole.</summary>
    public IncrementalSession? Hops { get; private set; }

    /// <summary>For people: whether windows are computed by hops, and why; null where they do not overlap.</summary>
    public string? HopChoice { get; private set; }

    /// <summary>Bytes that are held for feature maps: arenas, and what is kept from hop to hop.</summary>
    public long FeatureMapBytes => (_whole?.Plan.ArenaBytes ?? 0) + (Hops is { } hops ? hops.Bytes.Arena + hops.Bytes.Kept : 0);

    /// <summary>Time per step, of hops or of whole windows.</summary>
    public Profiler? Profiler => Hops?.Profiler ?? _whole?.Profiler;

    /// <summary>Whether the model carries golden samples, which then have passed here, now or before.</summary>
    public bool HasGoldens => Model.File.Goldens.Count > 0;

    /// <summary>Milliseconds of an inference, the median of the last ones; 0 before the first.</summary>
    public double MedianMs
    {
        get
        {
            int count = (int)Math.Min(_runs, KeptTimes);
            double[] sorted = [.. _times.Take(count).Order()];
            return count == 0 ? 0 : sorted[count / 2];
        }
    }

    /// <summary>Loads a model and lets it compute its golden samples.</summary>
    /// <exception cref="EdgeException">The file is not valid, cannot run here, or its golden samples differ.</exception>
    public static ModelInstance Load(string path, int threads, ReadOptions? options = null)
    {
        string hash;
        try
        {
            using FileStream file = File.OpenRead(path);
            hash = Convert.ToHexStringLower(SHA256.HashData(file))[..16];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.FileUnreadable, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
        EdgeModel model = EdgeModel.Open(path, options);
        InferenceSession session = model.CreateSession(new SessionOptions { Threads = threads });
        try
        {
            RequireFloats(session, path);
            SelfTest.Require(model, session, path);
            return new ModelInstance(path, hash, model, session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs the model on one float32 input. Allocates nothing.</summary>
    /// <returns>Milliseconds.</returns>
    public double Run(ReadOnlySpan<float> input)
    {
        InferenceSession whole = Whole();
        long start = Stopwatch.GetTimestamp();
        whole.SetInput(0, input);
        whole.Execute();
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i].Length > 0)
            {
                whole.ReadOutput<float>(i, _outputs[i]);
            }
        }
        return AddTime(start);
    }

    /// <summary>
    /// Runs the model on the window that follows the one before by a hop: from its new samples where <see cref="Hops"/> holds the
    /// window before. The results are those of <see cref="Run"/>, in float32 within 1e-5 of the largest.
    /// </summary>
    /// <returns>Milliseconds; per hop where a whole window had to be caught up with.</returns>
    public double RunNext(ReadOnlySpan<float> window)
    {
        if (Hops is not { } hops)
        {
            return Run(window);
        }
        int count = hops.HasWindow ? 1 : hops.HopsPerWindow;
        long start = Stopwatch.GetTimestamp();
        hops.Run(count == 1 ? window[^hops.Hop..] : window);
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i].Length > 0)
            {
                hops.ReadOutput(i, _outputs[i]);
            }
        }
        return AddTime(start, count);
    }

    /// <summary>
    /// Passes a window in which samples are missing, of which there is no result: <see cref="Hops"/> goes on, with zeros for what is
    /// missing, and has forgotten them when the next whole window comes.
    /// </summary>
    /// <param name="window">NaN where a sample is missing; set to zero.</param>
    public void Skip(Span<float> window)
    {
        if (Hops is { HasWindow: true } hops)
        {
            Span<float> samples = window[^hops.Hop..];
            foreach (ref float sample in samples)
            {
                sample = float.IsNaN(sample) ? 0 : sample;
            }
            hops.Run(samples);
        }
    }

    /// <summary>
    /// Prepares <see cref="Hops"/>, where the model can run by hops and, unless it always shall, where that is faster: both are measured,
    /// and only the faster one is held from then on.
    /// </summary>
    /// <param name="hop">Samples from window to window, of a model with one channel.</param>
    public void PrepareHops(int hop, HopUse use)
    {
        if (HopChoice is not null)
        {
            return;
        }
        if (use == HopUse.Never)
        {
            HopChoice = "whole windows, as configured";
            return;
        }
        IncrementalSession hops;
        try
        {
            hops = new IncrementalSession(Model.Graph, hop, new SessionOptions { Threads = _threads });
        }
        catch (EdgeException exception)
        {
            HopChoice = $"whole windows: {exception.Message}";
            return;
        }
        (double hopMs, double windowMs) = use == HopUse.Always ? (0, 1) : Measure(hops);
        string times = use == HopUse.Always ? ", as configured" : FormattableString.Invariant($": a hop takes {hopMs:G3} ms, a window {windowMs:G3} ms");
        if (hopMs >= windowMs)
        {
            hops.Dispose();
            HopChoice = $"whole windows{times}";
            return;
        }
        _whole?.Dispose();
        _whole = null;
        hops.Profile(KeptTimes);
        Hops = hops;
        HopChoice = $"hops of {hop} samples{times}";
    }

    /// <summary>Values of a float32 output of the last run.</summary>
    public ReadOnlySpan<float> Output(int index) => _outputs[index];

    /// <summary>Whether the last run's float32 outputs hold no NaN and no infinity.</summary>
    public bool IsFinite()
    {
        foreach (float[] output in _outputs)
        {
            foreach (float value in output)
            {
                if (!float.IsFinite(value))
                {
                    return false;
                }
            }
        }
        return true;
    }

    public void Dispose()
    {
        Hops?.Dispose();
        _whole?.Dispose();
    }

    private InferenceSession Whole() => _whole ??= Model.CreateSession(new SessionOptions { Threads = _threads });

    /// <summary>Milliseconds of a hop and of a window: the medians of some runs of each, in turns, on zeros, as how long a layer takes does not depend on the samples.</summary>
    private (double Hop, double Window) Measure(IncrementalSession hops)
    {
        const int Runs = 9;
        var window = new float[Input.Info.KnownShape.Count];
        var times = new double[2][] { new double[Runs], new double[Runs] };
        InferenceSession whole = Whole();
        for (int i = -1; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            hops.Run(window.AsSpan(0, hops.Hop));
            double hop = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            whole.SetInput<float>(0, window);
            whole.Execute();
            if (i >= 0)
            {
                (times[0][i], times[1][i]) = (hop, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        hops.Reset();
        Array.Sort(times[0]);
        Array.Sort(times[1]);
        return (times[0][Runs / 2], times[1][Runs / 2]);
    }

    private double AddTime(long start, int runs = 1)
    {
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds / runs;
        _times[_runs++ % KeptTimes] = milliseconds;
        return milliseconds;
    }

    private static void RequireFloats(InferenceSession session, string path)
    {
        if (session.Inputs.Count != 1 || session.Inputs[0].Info.Type != DataType.F32 || !session.Outputs.All(o => o.Info.IsKnown) || session.Outputs[0].Info.Type != DataType.F32)
        {
            throw new EdgeException(EdgeError.ModelRefused, $"the model takes {string.Join(", ", session.Inputs.Select(i => i.Info))} and computes {string.Join(", ", session.Outputs.Select(o => o.Info))}; a stream needs one float32 input, and float32 outputs of fixed shape", "convert the model for such inputs", path);
        }
    }
}
