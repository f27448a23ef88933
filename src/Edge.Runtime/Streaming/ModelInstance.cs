using System.Diagnostics;
using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;

namespace Edge.Runtime.Streaming;

/// <summary>A model that is loaded, checked and ready, with the hash of its file.</summary>
public sealed class ModelInstance : IDisposable
{
    private const int KeptTimes = 32;

    private readonly double[] _times = new double[KeptTimes];
    private readonly float[][] _outputs;
    private long _runs;

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

    /// <summary>Whether the model carries golden samples, which then have passed.</summary>
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
            foreach (GoldenOutcome outcome in GoldenCheck.Run(session, model.File.Goldens))
            {
                if (!outcome.Passed)
                {
                    throw new EdgeException(EdgeError.ModelRefused, $"the golden sample '{outcome.Sample.Name}' differs by {outcome.Error:G3}, {outcome.Sample.Tolerance:G3} is allowed", "convert the model again, or run edge doctor with it", path);
                }
            }
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
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _times[_runs++ % KeptTimes] = milliseconds;
        return milliseconds;
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

    public void Dispose() => Session.Dispose();

    private static void RequireFloats(InferenceSession session, string path)
    {
        if (session.Inputs.Count != 1 || session.Inputs[0].Info.Type != DataType.F32 || !session.Outputs.All(o => o.Info.IsKnown) || session.Outputs[0].Info.Type != DataType.F32)
        {
            throw new EdgeException(EdgeError.ModelRefused, $"the model takes {string.Join(", ", session.Inputs.Select(i => i.Info))} and computes {string.Join(", ", session.Outputs.Select(o => o.Info))}; a stream needs one float32 input, and float32 outputs of fixed shape", "convert the model for such inputs", path);
        }
    }
}
