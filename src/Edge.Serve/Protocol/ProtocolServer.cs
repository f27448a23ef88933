using System.Net;
using System.Net.Sockets;
using Edge.Client;
using Edge.Client.Wire;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;
using Microsoft.Extensions.Logging;
using Nerdbank.Streams;

namespace Edge.Serve.Protocol;

/// <summary>
/// Computes for other programs, on this machine: one multiplexed stream per client, frames in, results out. A client whose requests are
/// wrong gets an answer that says so; one that breaks the protocol loses its connection.
/// </summary>
internal sealed class ProtocolServer : IDisposable
{
    private const int MostClients = 32;

    private readonly ClientsConfig _config;
    private readonly IImageCodec _codec;
    private readonly ILogger _log;
    private readonly ModelInstance _model;
    private readonly Socket _socket;
    private readonly SemaphoreSlim _inference = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly string? _path;
    private int _clients;

    /// <exception cref="EdgeException">The model is not valid, or the address cannot be listened at.</exception>
    public ProtocolServer(ClientsConfig config, IImageCodec codec, ILogger log)
    {
        _config = config;
        _codec = codec;
        _log = log;
        _model = ModelInstance.Load(config.Model, config.Threads);
        try
        {
            (_socket, _path) = Listen(config.Listen);
        }
        catch (SocketException exception)
        {
            _model.Dispose();
            throw new EdgeException(EdgeError.BadConfiguration, $"clients cannot be listened for at {config.Listen}: {exception.Message}", "choose another clients.listen", inner: exception);
        }
    }

    public void Start() => _ = Task.Run(AcceptAsync);

    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
        _model.Dispose();
    }

    private static (Socket Socket, string? Path) Listen(string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            string path = address["unix:".Length..];
            // A socket that a killed daemon left behind; one that is in use answers.
            if (File.Exists(path) && !Answers(path))
            {
                File.Delete(path);
            }
            var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            unix.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            }
            unix.Listen(MostClients);
            return (unix, path);
        }
        (string host, int port) = ConfigRules.Endpoint(address)!.Value;
        IPAddress ip = host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host.Trim('[', ']'));
        var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ip, port));
        socket.Listen(MostClients);
        return (socket, null);
    }

    private static bool Answers(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await _socket.AcceptAsync(_stop.Token);
                if (Interlocked.Increment(ref _clients) > MostClients)
                {
                    Interlocked.Decrement(ref _clients);
                    client.Dispose();
                    continue;
                }
                _ = Task.Run(() => ServeAsync(client));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The next one, or the end.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        DaemonLog.ClientConnected(_log);
        string reason = "it closed the connection";
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            await using MultiplexingStream channels = await MultiplexingStream.CreateAsync(stream, WireFrames.Options(), _stop.Token);
            using Stream control = (await channels.OfferChannelAsync("control", _stop.Token)).AsStream();
            using Stream results = (await channels.OfferChannelAsync("results", _stop.Token)).AsStream();
            using Stream frames = (await channels.AcceptChannelAsync("frames", _stop.Token)).AsStream();
            await WireFrames.WriteAsync(control, Welcome(), _stop.Token);
            var session = new ClientSession(_model, _codec);
            while (await WireFrames.ReadAsync(frames, Request.Parser, _stop.Token) is { } request)
            {
                await _inference.WaitAsync(_stop.Token);
                Answer answer;
                try
                {
                    answer = session.Compute(request);
                }
                finally
                {
                    _inference.Release();
                }
                await WireFrames.WriteAsync(results, answer, _stop.Token);
            }
        }
        catch (Exception exception)
        {
            // Whatever a client does, it ends only its own connection.
            reason = exception.Message;
        }
        Interlocked.Decrement(ref _clients);
        DaemonLog.ClientGone(_log, reason);
    }

    private Welcome Welcome()
    {
        var welcome = new Welcome { Version = WireFrames.Version, Model = _model.Hash, Window = WireFrames.Window };
        welcome.InputShape.AddRange(_model.Input.Info.KnownShape.ToArray());
        welcome.Labels.AddRange(_model.Model.Labels);
        return welcome;
    }
}
