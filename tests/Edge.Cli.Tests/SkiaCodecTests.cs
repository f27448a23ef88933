using Edge.Runtime.Sensors;

namespace Edge.Cli.Tests;

/// <summary>JPEG frames as cameras damage them.</summary>
public class SkiaCodecTests
{
    [Fact]
    public void AFrameSurvivesEncodingAndDecoding()
    {
        var codec = new SkiaCodec();
        var decoded = new ImageFrame();
        Assert.True(codec.TryDecode(Picture(64, 48), decoded));
        Assert.Equal((64, 48, FrameFormat.Rgb24), (decoded.Width, decoded.Height, decoded.Format));
        Assert.InRange(decoded.Bytes[0], 195, 205);
        Assert.InRange(decoded.Bytes[2], 45, 55);
    }

    /// <summary>Cut at every length, and bytes changed: an answer each time, and never a crash.</summary>
    [Fact]
    public void DamagedFramesAreAnAnswer()
    {
        var codec = new SkiaCodec();
        var decoded = new ImageFrame();
        byte[] whole = Picture(64, 48);
        for (int length = 0; length < whole.Length - 2; length++)
        {
            codec.TryDecode(whole.AsSpan(0, length), decoded);
        }
        Assert.False(codec.TryDecode(whole.AsSpan(0, whole.Length / 4), decoded));
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. whole];
            for (int k = 0; k < 4; k++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }
            codec.TryDecode(damaged, decoded);
        }
    }

    [Fact]
    public void SizesThatNobodyHasAreRefusedBeforeMemoryIsTaken()
    {
        var codec = new SkiaCodec();
        byte[] picture = Picture(64, 48);
        int frame = picture.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        (picture[frame + 5], picture[frame + 6], picture[frame + 7], picture[frame + 8]) = (0xFF, 0xFF, 0xFF, 0xFF);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(codec.TryDecode(picture, new ImageFrame()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.False(codec.TryDecode("not a picture"u8, new ImageFrame()));
    }

    private static byte[] Picture(int width, int height)
    {
        var frame = new ImageFrame();
        Span<byte> pixels = frame.Prepare(FrameFormat.Rgb24, width, height);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (i % 3) switch { 0 => 200, 1 => 100, _ => 50 };
        }
        return new SkiaCodec().Encode(frame, 90);
    }
}
