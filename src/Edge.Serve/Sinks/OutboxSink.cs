using System.Globalization;
using System.Text;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Storage;

namespace Edge.Serve.Sinks;

/// <summary>
/// A sink whose results wait on disk until a server has confirmed them. Results go into the outbox on the sink's thread, which also
/// brings them to the disk twice a second; a task of its own delivers them. Each carries <c>id</c>, its number in the outbox, so that a
/// receiver can tell a repeated one.
/// </summary>
internal abstract class OutboxSink : ResultSink
{
    private static readonly TimeSpan SyncEvery = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private long _synced;
    private Task? _delivery;

    protected OutboxSink(SinkConfig config, string name, Outbox outbox, TimeProvider time)
        : base(config, name)
    {
        Outbox = outbox;
        _time = time;
        _synced = time.GetTimestamp();
    }

    public Outbox Outbox { get; }

    public override long Waiting => base.Waiting + Outbox.Count;

    public override long Dropped => base.Dropped + Outbox.Dropped;

    /// <summary>What is wrong with the delivery; null where nothing is.</summary>
    public string? Delivery { get; protected set; }

    protected SemaphoreSlim Arrived { get; } = new(0, 1);

    /// <summary>Starts the delivery.</summary>
    public void StartDelivery() => _delivery = Task.Run(() => DeliverAsync(_stop.Token));

    public override void Dispose()
    {
        base.Dispose();
        _stop.Cancel();
        try
        {
            _delivery?.Wait(TimeSpan.FromSeconds(5));
        }
        catch (AggregateException)
        {
            // It was cancelled.
        }
        Outbox.Dispose();
        _stop.Dispose();
        Arrived.Dispose();
    }

    /// <summary>Where a result goes.</summary>
    protected abstract string TopicOf(StreamResult result);

    /// <summary>Delivers what is in the outbox until it is cancelled.</summary>
    protected abstract Task DeliverAsync(CancellationToken stop);

    protected override void Write(StreamResult result)
    {
        byte[] json = ToJson(result);
        byte[] start = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{Outbox.NextNumber},"));
        var payload = new byte[start.Length + json.Length - 1];
        start.CopyTo(payload, 0);
        json.AsSpan(1).CopyTo(payload.AsSpan(start.Length));
        Outbox.Append(TopicOf(result), payload);
        Announce();
        SyncIfDue();
    }

    protected override void Rest() => SyncIfDue();

    private void SyncIfDue()
    {
        if (_time.GetElapsedTime(_synced) >= SyncEvery)
        {
            _synced = _time.GetTimestamp();
            Outbox.Sync();
        }
    }

    private void Announce()
    {
        if (Arrived.CurrentCount == 0)
        {
            try
            {
                Arrived.Release();
            }
            catch (SemaphoreFullException)
            {
                // Announced already.
            }
        }
    }
}
