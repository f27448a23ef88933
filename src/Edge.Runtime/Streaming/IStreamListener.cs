using Edge.Runtime.Sensors;

namespace Edge.Runtime.Streaming;

/// <summary>Who wants to know what a stream sees and finds. Called on the stream's threads: it must return at once.</summary>
public interface IStreamListener
{
    /// <summary>A result.</summary>
    void OnResult(StreamResult result);

    /// <summary>A frame that was used, decoded; valid only during the call.</summary>
    void OnFrame(string stream, ImageFrame frame);

    /// <summary>Samples that were looked at, in mV; valid only during the call.</summary>
    /// <param name="position">Of the first one.</param>
    void OnSamples(string stream, long position, ReadOnlySpan<float> samples);
}
