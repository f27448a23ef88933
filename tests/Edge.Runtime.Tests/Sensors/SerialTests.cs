using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Serial;

namespace Edge.Runtime.Tests.Sensors;

public partial class SerialTests
{
    [Fact]
    public void TheCrcIsTheStandardOne() => Assert.Equal(0x29B1, Crc16.Compute("123456789"u8));

    /// <summary>Noise between the frames, and frames that are lost, doubled or damaged: what comes out is right, in order, and gaps have their length.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void NoiseDoesNotChangeTheSamples(int seed)
    {
        var random = new Random(seed);
        var decoder = new SerialFrameDecoder(2);
        var line = new List<byte>();
        var expected = new List<int?>();
        for (int i = 0; i < 2000; i++)
        {
            int value = random.Next(-(1 << 23), 1 << 23);
            byte[] frame = SerialFrameDecoder.Encode((byte)i, false, [value, -i]);
            int fate = i is 0 or 1999 ? 9 : random.Next(20);
            if (fate == 0)
            {
                frame[random.Next(frame.Length)] ^= (byte)random.Next(1, 256); // damaged: the CRC, or the start, is wrong
            }
            expected.Add(fate is 0 or 1 ? null : value);
            line.AddRange(fate == 1 ? [] : frame);
            if (fate == 2)
            {
                line.AddRange(frame);
            }
            if (fate == 3)
            {
                line.AddRange(Enumerable.Range(0, random.Next(1, 30)).Select(_ => (byte)random.Next(256)));
            }
        }
        var found = new List<int?>();
        var samples = new int[2];
        foreach (byte value in line)
        {
            if (decoder.Next(value, samples, out int lost))
            {
                found.AddRange(Enumerable.Repeat<int?>(null, lost));
                found.Add(samples[0]);
            }
        }
        Assert.Equal(expected, found);
        Assert.True(decoder.NoiseBytes > 0 && decoder.LostFrames > 0 && decoder.DoubledFrames > 0);
    }

    [Fact]
    public void RandomBytesAreNoFrames()
    {
        var random = new Random(5);
        var decoder = new SerialFrameDecoder(1);
        int frames = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            frames += decoder.Next((byte)random.Next(256), new int[1], out _) ? 1 : 0;
        }
        // A start of three bytes and a CRC of two: one in 2^40.
        Assert.Equal(0, frames);
    }

    [Fact]
    public void APseudoTerminalIsASerialLine()
    {
        using var terminal = new PseudoTerminal();
        using ISignalSource source = SignalSources.Open(SourceAddress.Parse($"serial://{terminal.Path}?rate=250&channels=1&unit=0.001&stall=0.5"));
        terminal.Write([0xA5, 1, 2, 3]); // noise, and the rest of a frame
        terminal.Write(SerialFrameDecoder.Encode(7, false, [1000]));
        terminal.Write(SerialFrameDecoder.Encode(9, true, [-2000])); // 8 is lost
        var samples = new float[8];
        int count = 0;
        while (count < 3)
        {
            count += source.Read(samples.AsSpan(count));
        }
        Assert.Equal([1, float.NaN, -2], samples[..3]);
        Assert.True(((ILeadSensing)source).LeadOff);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => source.Read(samples)).Error); // stalled
        terminal.HangUp();
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => source.Read(samples)).Error);
    }

    [Fact]
    public void WhatIsNoSerialLineIsRefused()
    {
        Assert.Contains("cannot be opened", Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("serial:///dev/nothing"))).Message, StringComparison.Ordinal);
        Assert.Contains("no serial line", Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("serial:///dev/null"))).Message, StringComparison.Ordinal);
        Assert.Contains("baud", Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("serial:///dev/null?baud=1234"))).Message, StringComparison.Ordinal);
    }

    /// <summary>The other end of a serial line.</summary>
    private sealed unsafe partial class PseudoTerminal : IDisposable
    {
        private int _master = PosixOpen(2 | 0x100);

        public PseudoTerminal()
        {
            Assert.True(_master >= 0 && Grant(_master) == 0 && Unlock(_master) == 0);
            byte* name = stackalloc byte[128];
            Assert.Equal(0, Name(_master, name, 128));
            Path = Marshal.PtrToStringUTF8((nint)name)!;
        }

        public string Path { get; }

        public void Write(byte[] bytes)
        {
            fixed (byte* address = bytes)
            {
                Assert.Equal(bytes.Length, PosixWrite(_master, address, bytes.Length));
            }
        }

        public void HangUp()
        {
            _ = Close(_master);
            _master = -1;
        }

        public void Dispose()
        {
            if (_master >= 0)
            {
                HangUp();
            }
        }

        [LibraryImport("libc", EntryPoint = "posix_openpt")]
        private static partial int PosixOpen(int flags);

        [LibraryImport("libc", EntryPoint = "grantpt")]
        private static partial int Grant(int descriptor);

        [LibraryImport("libc", EntryPoint = "unlockpt")]
        private static partial int Unlock(int descriptor);

        [LibraryImport("libc", EntryPoint = "ptsname_r")]
        private static partial int Name(int descriptor, byte* name, nint length);

        [LibraryImport("libc", EntryPoint = "write")]
        private static partial nint PosixWrite(int descriptor, byte* bytes, nint count);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int Close(int descriptor);
    }
}
