using System.Net;
using System.Net.Sockets;

namespace Edge.Serve.Tests;

/// <summary>A way to a server that is open until it is disposed: so a test decides when a client may find the server.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener;
    private readonly List<TcpClient> _clients = [];

    /// <param name="port">Where it listens.</param>
    /// <param name="target">The server's port.</param>
    public Relay(int port, int target)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync(target);
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
        {
            _clients.ForEach(c => c.Dispose());
        }
    }

    private async Task AcceptAsync(int target)
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                lock (_clients)
                {
                    _clients.AddRange([client, server]);
                }
                await server.ConnectAsync(IPAddress.Loopback, target);
                _ = PassAsync(client, server);
                _ = PassAsync(server, client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is closed, or the server is gone.
        }
    }

    /// <summary>Passes bytes on until one side ends; then both do.</summary>
    private static async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side is told by the end of its connection.
        }
        from.Dispose();
        to.Dispose();
    }
}
