using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Tests;

/// <summary>Streams that run as fast as they can.</summary>
internal static class TestStreams
{
    public static LiveOptions Fast { get; } = new() { Name = "s", Speed = 0, LeastBackoff = TimeSpan.FromMilliseconds(1), MostBackoff = TimeSpan.FromMilliseconds(2) };

    public static void Run(LiveStream stream)
    {
        stream.Start();
        TestSetting.Eventually(() => stream.State == SourceState.Ended, "the end of the stream");
        Assert.True(stream.Stop(TestSetting.Patience));
    }
}

/// <summary>A live source whose samples are no numbers for a while.</summary>
internal sealed class Broken(ISignalSource inner, int from, int to) : ISignalSource
{
    private static readonly float[] NoNumbers = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    private int _position;

    public IReadOnlyList<ChannelInfo> Channels => inner.Channels;

    public double SampleRate => inner.SampleRate;

    public long? Length => inner.Length;

    public int Read(Span<float> frames)
    {
        int count = inner.Read(frames);
        for (int i = 0; i < count; i++, _position++)
        {
            frames[i] = _position >= from && _position < to ? NoNumbers[_position % 3] : frames[i];
        }
        return count;
    }

    public void Dispose() => inner.Dispose();
}
