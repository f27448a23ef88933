using System.Collections.Concurrent;
using System.Net.Sockets;
using Edge.Client.Wire;
using Google.Protobuf;
using Nerdbank.Streams;

namespace Edge.Client;

/// <summary>An output of the model.</summary>
/// <param name="Values">Row-major.</param>
public sealed record ModelOutput(string Name, int[] Shape, float[] Values);

/// <summary>The daemon's answer to one request.</summary>
/// <param name="Model">First 16 hexadecimal digits of the SHA-256 of the model's file.</param>
public sealed record InferenceAnswer(string Model, double InferenceMs, IReadOnlyList<ModelOutput> Outputs);

/// <summary>The daemon could not compute a request, or the connection is gone.</summary>
public sealed class EdgeClientException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Lets an edge daemon compute: <c>edge serve</c> with <c>clients</c> in its configuration. Requests may overlap; up to the daemon's
/// window are under way, further ones wait. Safe to use from several threads.
/// </summary>
/// <example><code>
/// await using EdgeClient client = await EdgeClient.ConnectAsync("unix:/run/edge/edge.sock");
/// InferenceAnswer answer = await client.RunJpegAsync(File.ReadAllBytes("photo.jpg"));
/// </code></example>
public sealed class EdgeClient : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<Answer>> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _write = new(1, 1);
    private readonly SemaphoreSlim _window;
    private readonly MultiplexingStream _channels;
    private readonly Stream _frames;
    private readonly Task _reader;
    private ulong _next;
    private volatile Exception? _broken;

    private EdgeClient(MultiplexingStream channels, Stream frames, Stream results, Welcome welcome)
    {
        _channels = channels;
        _frames = frames;
        _window = new SemaphoreSlim((int)Math.Clamp(welcome.Window, 1, 1024));
        Model = welcome.Model;
        InputShape = [.. welcome.InputShape];
        Labels = [.. welcome.Labels];
        _reader = Task.Run(() => ReadAnswersAsync(results));
    }

    /// <summary>Hash of the model's file.</summary>
    public string Model { get; }

    public IReadOnlyList<int> InputShape { get; }

    public IReadOnlyList<string> Labels { get; }

    /// <param name="address"><c>unix:PATH</c> or <c>HOST:PORT</c>.</param>
    /// <exception cref="EdgeClientException">Nobody answers, or with another version of the protocol.</exception>
    public static async Task<EdgeClient> ConnectAsync(string address, CancellationToken cancellationToken = default)
    {
        try
        {
            Stream stream = await OpenAsync(address, cancellationToken).ConfigureAwait(false);
            MultiplexingStream channels = await MultiplexingStream.CreateAsync(stream, WireFrames.Options(), cancellationToken).ConfigureAwait(false);
            Stream control = (await channels.AcceptChannelAsync("control", cancellationToken).ConfigureAwait(false)).AsStream();
            Stream results = (await channels.AcceptChannelAsync("results", cancellationToken).ConfigureAwait(false)).AsStream();
            Stream frames = (await channels.OfferChannelAsync("frames", cancellationToken).ConfigureAwait(false)).AsStream();
            Welcome? welcome = await WireFrames.ReadAsync(control, Welcome.Parser, cancellationToken).ConfigureAwait(false);
            return welcome is { Version: WireFrames.Version } ? new EdgeClient(channels, frames, results, welcome) : throw new InvalidDataException($"the daemon speaks version {welcome?.Version} of the protocol, this client {WireFrames.Version}");
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidDataException or MultiplexingProtocolException or FormatException)
        {
            throw new EdgeClientException($"no connection to {address}: {exception.Message}", exception);
        }
    }

    /// <summary>Runs the model on its input tensor.</summary>
    /// <param name="input">As many values as <see cref="InputShape"/> has elements, row-major.</param>
    /// <exception cref="EdgeClientException">The request cannot be computed, or the connection is gone.</exception>
    public Task<InferenceAnswer> RunAsync(ReadOnlyMemory<float> input, CancellationToken cancellationToken = default)
    {
        var request = new Request();
        foreach (float value in input.Span)
        {
            request.Values.Add(value);
        }
        return SendAsync(request, cancellationToken);
    }

    /// <summary>Runs the model on a JPEG file, through the model's own preprocessing.</summary>
    /// <exception cref="EdgeClientException">The request cannot be computed, or the connection is gone.</exception>
    public Task<InferenceAnswer> RunJpegAsync(ReadOnlyMemory<byte> jpeg, CancellationToken cancellationToken = default) =>
        SendAsync(new Request { Jpeg = ByteString.CopyFrom(jpeg.Span) }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _frames.DisposeAsync().ConfigureAwait(false);
        await _channels.DisposeAsync().ConfigureAwait(false);
        await _reader.ConfigureAwait(false);
        _stop.Dispose();
        _write.Dispose();
        _window.Dispose();
    }

    private static async Task<Stream> OpenAsync(string address, CancellationToken cancellationToken)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await unix.ConnectAsync(new UnixDomainSocketEndPoint(address["unix:".Length..]), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(unix, ownsSocket: true);
        }
        int colon = address.LastIndexOf(':');
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address[..Math.Max(0, colon)], int.Parse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<InferenceAnswer> SendAsync(Request request, CancellationToken cancellationToken)
    {
        await _window.WaitAsync(cancellationToken).ConfigureAwait(false);
        request.Id = Interlocked.Increment(ref _next);
        var waiting = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[request.Id] = waiting;
        try
        {
            await _write.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await WireFrames.WriteAsync(_frames, request, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _write.Release();
            }
            if (_broken is { } broken)
            {
                throw broken;
            }
            Answer answer = await waiting.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return answer.Error.Length > 0
                ? throw new EdgeClientException(answer.Error)
                : new InferenceAnswer(answer.Model, answer.InferenceMs, [.. answer.Outputs.Select(o => new ModelOutput(o.Name, [.. o.Shape], [.. o.Values]))]);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new EdgeClientException($"the connection to the daemon is gone: {exception.Message}", exception);
        }
        finally
        {
            _waiting.TryRemove(request.Id, out _);
            _window.Release();
        }
    }

    private async Task ReadAnswersAsync(Stream results)
    {
        Exception reason = new IOException("the daemon closed the connection");
        try
        {
            while (await WireFrames.ReadAsync(results, Answer.Parser, _stop.Token).ConfigureAwait(false) is { } answer)
            {
                if (_waiting.TryGetValue(answer.Id, out TaskCompletionSource<Answer>? waiting))
                {
                    waiting.TrySetResult(answer);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException or MultiplexingProtocolException)
        {
            reason = new IOException(exception.Message, exception);
        }
        _broken = reason;
        foreach (TaskCompletionSource<Answer> waiting in _waiting.Values)
        {
            waiting.TrySetException(reason);
        }
    }
}
