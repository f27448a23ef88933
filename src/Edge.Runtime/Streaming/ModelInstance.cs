using System.Diagnostics;
using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;

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
    private long _runs;
    private bool _hopsAreDecided;

    private ModelInstance(string path, string hash, EdgeModel model, InferenceSession session)
    {
        Path = path;
        Hash = hash;
        Model = model;
        Session = session;
        session.Profiler = new Profiler(session.Plan, KeptTimes);
        _outputs = [.. session.Outputs.Select(o => o.Info.Type == DataType.F32 ? new float[o.Info.KnownShape.Count] : [])];
    }

    public string Path { get; }

    /// <summary>First 16 hexadecimal digits of the file's SHA-256.</summary>
    public string Hash { get; }

    public EdgeModel Model { get; }

    public InferenceSession Session { get; }

    /// <summary>The model by hops; null where windows are computed as a whole.</summary>
    public IncrementalSession? Hops { get; private set; }

    /// <summary>Time per step, of hops or of whole windows.</summary>
    public Profiler? Profiler => Hops?.Profiler ?? Session.Profiler;

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
        long start = Stopwatch.GetTimestamp();
        Session.SetInput(0, input);
        Session.Execute();
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i].Length > 0)
            {
                Session.ReadOutput<float>(i, _outputs[i]);
            }
        }
        return AddTime(start);
    }

    /// <summary>
    /// Runs the model on the window that follows the one before by a hop: from its new samples where <see cref="Hops"/> holds the
    /// window before, else as a whole. The results are those of <see cref="Run"/>, in float32 within 1e-5 of the largest.
    /// </summary>
    /// <returns>Milliseconds.</returns>
    public double RunNext(ReadOnlySpan<float> window)
    {
        if (Hops is not { } hops)
        {
            return Run(window);
        }
        hops.Prepare();
        long start = Stopwatch.GetTimestamp();
        hops.Run(hops.HasWindow ? window[^hops.Hop..] : window);
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i].Length > 0)
            {
                hops.ReadOutput(i, _outputs[i]);
            }
        }
        return AddTime(start);
    }

    /// <summary>Prepares <see cref="Hops"/>, where the model can run by hops and, unless it always shall, where that is faster: both are measured.</summary>
    /// <param name="hop">Samples from window to window, of a model with one channel.</param>
    public void PrepareHops(int hop, HopUse use)
    {
        if (use == HopUse.Never || _hopsAreDecided)
        {
            return;
        }
        _hopsAreDecided = true;
        try
        {
            Hops = new IncrementalSession(Model.Graph, hop, new SessionOptions { Threads = Session.Threads });
        }
        catch (EdgeException)
        {
            return; // it does not fit the model: windows are computed as a whole
        }
        if (use == HopUse.WhereFaster && !AreHopsFaster(Hops))
        {
            Hops.Dispose();
            Hops = null;
            return;
        }
        Hops.Profile(KeptTimes);
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
        Session.Dispose();
    }

    /// <summary>The median of some runs of each, in turns, on zeros: how long a layer takes does not depend on the samples.</summary>
    private bool AreHopsFaster(IncrementalSession hops)
    {
        const int Runs = 9;
        var window = new float[Session.Inputs[0].Info.KnownShape.Count];
        var times = new double[2][] { new double[Runs], new double[Runs] };
        hops.Run(window);
        for (int i = -1; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            hops.Run(window.AsSpan(0, hops.Hop));
            double hop = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            Session.SetInput<float>(0, window);
            Session.Execute();
            if (i >= 0)
            {
                (times[0][i], times[1][i]) = (hop, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        hops.Reset();
        Array.Sort(times[0]);
        Array.Sort(times[1]);
        return times[0][Runs / 2] < times[1][Runs / 2];
    }

    private double AddTime(long start)
    {
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
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
