using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Posix;

namespace Edge.Runtime.Sensors.Serial;

/// <summary>A serial line as bytes: raw, 8 data bits, no parity, 1 stop bit, no flow control; a modem's lines are ignored.</summary>
internal sealed unsafe class SerialPort : IDisposable
{
    /// <summary>Room for struct termios (60 bytes).</summary>
    private const int TerminalBytes = 128;

    private const int ControlFlags = 8;
    private const uint EnableReceiver = 0x80;
    private const uint IgnoreModem = 0x800;

    private static readonly (int Baud, uint Code)[] Speeds =
        [(9600, 13), (19200, 14), (38400, 15), (57600, 0x1001), (115200, 0x1002), (230400, 0x1003), (460800, 0x1004), (921600, 0x1007)];

    private readonly string _path;
    private int _descriptor;

    /// <exception cref="EdgeException">The line cannot be opened, is no serial line, or the speed is unknown.</exception>
    public SerialPort(string path, int baud)
    {
        _path = path;
        uint code = Array.Find(Speeds, s => s.Baud == baud).Code;
        if (code == 0)
        {
            throw new EdgeException(EdgeError.BadSourceAddress, $"the speed is {baud} baud, expected {string.Join(", ", Speeds.Select(s => s.Baud))}", "correct the parameter", path);
        }
        _descriptor = Libc.Open(path, Libc.ReadWrite | Libc.NonBlocking | Libc.NoControllingTerminal | Libc.CloseOnExec);
        if (_descriptor < 0)
        {
            throw SourceErrors.Failed(path, $"the serial line cannot be opened: {Libc.LastError()}", "check that it is plugged in and that the user is in the group 'dialout'");
        }
        try
        {
            Configure(code);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Reads what has come, waiting for the first byte.</summary>
    /// <returns>0 after the time.</returns>
    /// <exception cref="EdgeException">The line is gone.</exception>
    public int Read(Span<byte> bytes, int milliseconds)
    {
        var poll = new Libc.PollDescriptor { Descriptor = _descriptor, Events = Libc.PollIn };
        int count = Libc.Poll(&poll, 1, milliseconds);
        if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted))
        {
            return 0;
        }
        fixed (byte* address = bytes)
        {
            nint read = Libc.Read(_descriptor, address, bytes.Length);
            if (read < 0 && Marshal.GetLastPInvokeError() is Libc.ErrorAgain or Libc.ErrorInterrupted)
            {
                return 0;
            }
            return read > 0 ? (int)read : throw SourceErrors.Failed(_path, read == 0 ? "the serial line hung up" : $"the serial line cannot be read: {Libc.LastError()}");
        }
    }

    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = Libc.Close(descriptor);
        }
    }

    private void Configure(uint speed)
    {
        byte* settings = stackalloc byte[TerminalBytes];
        if (Libc.GetTerminal(_descriptor, settings) < 0)
        {
            throw SourceErrors.Failed(_path, $"the file is no serial line: {Libc.LastError()}", "give a line such as /dev/ttyUSB0 or /dev/serial/by-id/...");
        }
        Libc.MakeRaw(settings);
        var flags = new Span<byte>(settings + ControlFlags, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(flags, BinaryPrimitives.ReadUInt32LittleEndian(flags) | EnableReceiver | IgnoreModem);
        if (Libc.SetSpeed(settings, speed) < 0 || Libc.SetTerminal(_descriptor, 0, settings) < 0)
        {
            throw SourceErrors.Failed(_path, $"the serial line cannot be set up: {Libc.LastError()}");
        }
    }
}
