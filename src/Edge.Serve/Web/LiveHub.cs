using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Web;

/// <summary>
/// Passes on to the pages what streams see and find. Each page has a queue of its own with a limit: a slow one loses the oldest events,
/// which are counted, and holds up nobody. Without pages nothing is copied.
/// </summary>
internal sealed class LiveHub(IImageCodec codec, TimeProvider time) : IStreamListener, IDisposable
{
    private const int Waiting = 256;
    private const int MostClients = 64;
    private const int JpegQuality = 75;

    private static readonly TimeSpan FrameEvery = TimeSpan.FromMilliseconds(100);

    private readonly object _lock = new();
    private readonly List<HubClient> _clients = [];
    private readonly Dictionary<string, CameraView> _cameras = [];
    private HubClient[] _snapshot = [];
    private long _dropped;

    public int Clients => _snapshot.Length;

    /// <summary>Events that slow pages lost.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds a page; null where there are too many.</summary>
    public HubClient? Join()
    {
        lock (_lock)
        {
            if (_clients.Count == MostClients)
            {
                return null;
            }
            var client = new HubClient(Channel.CreateBounded<byte[]>(
                new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Increment(ref _dropped)));
            _clients.Add(client);
            _snapshot = [.. _clients];
            return client;
        }
    }

    public void Leave(HubClient client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
            _snapshot = [.. _clients];
        }
    }

    public void OnResult(StreamResult result)
    {
        if (_snapshot.Length > 0)
        {
            Send("result", JsonSerializer.SerializeToUtf8Bytes(result, StreamJson.Default.StreamResult));
        }
    }

    public void OnFrame(string stream, ImageFrame frame)
    {
        CameraView? view;
        lock (_lock)
        {
            if (!_cameras.TryGetValue(stream, out view))
            {
                _cameras[stream] = view = new CameraView();
            }
        }
        if (_snapshot.Length > 0 && view.IsDue(time, FrameEvery))
        {
            view.Set(frame, time);
            Send("frame", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"stream\":\"{stream}\",\"sequence\":{frame.Sequence},\"width\":{frame.Width},\"height\":{frame.Height}}}")));
        }
    }

    public void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
        if (_snapshot.Length == 0)
        {
            return;
        }
        var text = new StringBuilder(samples.Length * 6);
        text.Append(CultureInfo.InvariantCulture, $"{{\"stream\":\"{stream}\",\"position\":{position},\"values\":[");
        for (int i = 0; i < samples.Length; i++)
        {
            text.Append(i > 0 ? "," : "").Append(float.IsNaN(samples[i]) ? "null" : samples[i].ToString("0.###", CultureInfo.InvariantCulture));
        }
        Send("samples", Encoding.UTF8.GetBytes(text.Append("]}").ToString()));
    }

    /// <summary>Sends an event to all pages.</summary>
    public void Send(string name, ReadOnlySpan<byte> json)
    {
        var message = new byte["event: "u8.Length + name.Length + "\ndata: "u8.Length + json.Length + 2];
        int at = 0;
        Append(message, "event: "u8, ref at);
        at += Encoding.ASCII.GetBytes(name, message.AsSpan(at));
        Append(message, "\ndata: "u8, ref at);
        Append(message, json, ref at);
        Append(message, "\n\n"u8, ref at);
        foreach (HubClient client in _snapshot)
        {
            client.Queue.Writer.TryWrite(message);
        }
    }

    /// <summary>The newest frame of a camera as JPEG; null where there is none.</summary>
    public byte[]? Jpeg(string stream)
    {
        CameraView? view;
        lock (_lock)
        {
            view = _cameras.GetValueOrDefault(stream);
        }
        return view?.Encode(codec, JpegQuality);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (HubClient client in _clients)
            {
                client.Queue.Writer.TryComplete();
            }
        }
    }

    private static void Append(byte[] message, ReadOnlySpan<byte> bytes, ref int at)
    {
        bytes.CopyTo(message.AsSpan(at));
        at += bytes.Length;
    }
}

/// <summary>A page that is open.</summary>
internal sealed record HubClient(Channel<byte[]> Queue);
