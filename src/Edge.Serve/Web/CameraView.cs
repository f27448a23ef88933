using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;

namespace Edge.Serve.Web;

/// <summary>The newest frame of a camera, for pages. Encoded when somebody asks for it, once.</summary>
internal sealed class CameraView
{
    private readonly object _lock = new();
    private readonly ImageFrame _frame = new();
    private readonly ImageFrame _rgb = new();
    private long? _taken;
    private byte[]? _jpeg;

    /// <summary>Whether the frame that is kept is old enough to be replaced.</summary>
    public bool IsDue(TimeProvider time, TimeSpan every) => _taken is not { } taken || time.GetElapsedTime(taken) >= every;

    public void Set(ImageFrame frame, TimeProvider time)
    {
        lock (_lock)
        {
            _frame.CopyFrom(frame);
            _jpeg = null;
            _taken = time.GetTimestamp();
        }
    }

    public byte[]? Encode(IImageCodec codec, int quality)
    {
        lock (_lock)
        {
            if (_taken is null)
            {
                return null;
            }
            return _jpeg ??= codec.Encode(FrameColours.ToRgb(_frame, _rgb), quality);
        }
    }
}
