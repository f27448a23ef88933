using System.Text.Json;
using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;

namespace Edge.Serve.Sinks;

/// <summary>
/// Takes results on the streams' threads and writes them on a thread of its own: a slow or broken sink never holds up a stream.
/// Up to <see cref="Capacity"/> results wait; then the oldest go, and are counted.
/// </summary>
internal abstract class ResultSink : IStreamListener, IDisposable
{
    public const int Capacity = 10_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly SinkConfig _config;
    private readonly BoundedQueue<StreamResult> _queue = new(Capacity);
    private Thread? _thread;
    private long _written;
    private long _refused;

    protected ResultSink(SinkConfig config, string name)
    {
        _config = config;
        Name = name;
        Clock = new StageClock(name);
    }

    /// <summary>For people: <c>sink 0 (mqtt)</c>.</summary>
    public string Name { get; }

    public StageClock Clock { get; }

    /// <summary>Results that were written.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Results that got lost: too many waited, or they could not be written.</summary>
    public virtual long Dropped => _queue.Dropped + Interlocked.Read(ref _refused);

    /// <summary>Results that wait.</summary>
    public virtual long Waiting => _queue.Count;

    /// <summary>What is wrong with the sink; null where nothing is.</summary>
    public string? Problem { get; protected set; }

    public void OnResult(StreamResult result)
    {
        if (Wants(result.Stream) && (_config.Results.Length == 0 || _config.Results.Contains(result.Kind)))
        {
            _queue.Add(result);
        }
    }

    public virtual void OnFrame(string stream, ImageFrame frame)
    {
    }

    public virtual void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
    }

    public void Start()
    {
        _thread = new Thread(Work) { Name = Name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Writes what waits, and ends.</summary>
    public virtual void Dispose()
    {
        _queue.Close();
        _thread?.Join(TimeSpan.FromSeconds(5));
        GC.SuppressFinalize(this);
    }

    protected static byte[] ToJson(StreamResult result) => JsonSerializer.SerializeToUtf8Bytes(result, StreamJson.Default.StreamResult);

    protected bool Wants(string stream) => _config.Streams.Length == 0 || _config.Streams.Contains(stream);

    /// <summary>Writes one result.</summary>
    /// <exception cref="IOException">It could not be written: it is counted.</exception>
    protected abstract void Write(StreamResult result);

    /// <summary>Called when nothing waits, a few times a second.</summary>
    protected virtual void Rest()
    {
    }

    private void Work()
    {
        while (!_queue.IsFinished)
        {
            bool found = _queue.TryTake(out StreamResult result, Tick);
            Clock.Begin();
            try
            {
                if (found)
                {
                    Write(result);
                    Interlocked.Increment(ref _written);
                }
                if (!found || _queue.Count == 0)
                {
                    Rest();
                }
                Problem = found ? null : Problem;
            }
            catch (Exception exception)
            {
                // Whatever a sink does, it costs only its own results.
                Interlocked.Add(ref _refused, found ? 1 : 0);
                Problem = exception.Message;
            }
            Clock.Wait();
        }
    }
}
