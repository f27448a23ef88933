using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Edge.Kernels.Dispatch;

namespace Edge.Serve.Hosting;

/// <summary>Tells systemd how the daemon is (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names. Does nothing without one.</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _address;

    /// <param name="path">A path, or an abstract name that begins with @; empty = no systemd.</param>
    public SystemdNotifier(string path, string watchdogMicroseconds)
    {
        if (path.Length == 0)
        {
            return;
        }
        // Nothing waits here, whatever the other side does.
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        _address = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        if (long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0)
        {
            // Half of the time that systemd waits, as sd_watchdog_enabled(3) advises.
            WatchdogEvery = TimeSpan.FromMicroseconds(microseconds / 2.0);
        }
    }

    /// <summary>How often <c>WATCHDOG=1</c> has to be sent; null = not at all.</summary>
    public TimeSpan? WatchdogEvery { get; }

    public static SystemdNotifier FromEnvironment() => new(Knobs.NotifySocket.Value, Knobs.WatchdogMicroseconds.Value);

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public void Reloading(TimeProvider time) => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={time.GetTimestamp() * 1_000_000L / time.TimestampFrequency}"));

    public void Stopping() => Send("STOPPING=1");

    public void Alive() => Send("WATCHDOG=1");

    public void Status(string text) => Send($"STATUS={text}");

    public void Dispose() => _socket?.Dispose();

    private void Send(string text)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(text), _address!);
        }
        catch (SocketException)
        {
            // Nobody listens, or not fast enough: the daemon works without systemd.
        }
    }
}
