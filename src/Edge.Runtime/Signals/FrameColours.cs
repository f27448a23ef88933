using Edge.Runtime.Sensors;

namespace Edge.Runtime.Signals;

/// <summary>Frames as R, G, B.</summary>
public static class FrameColours
{
    /// <summary>The frame itself where it is R, G, B already without padding, else a new one.</summary>
    /// <param name="frame">Not a JPEG.</param>
    public static ImageFrame ToRgb(ImageFrame frame)
    {
        if (frame.Format == FrameFormat.Rgb24 && frame.Stride == frame.Width * 3)
        {
            return frame;
        }
        var rgb = new ImageFrame { Sequence = frame.Sequence, Timestamp = frame.Timestamp };
        Span<byte> pixels = rgb.Prepare(FrameFormat.Rgb24, frame.Width, frame.Height);
        for (int y = 0; y < frame.Height; y++)
        {
            FrameRows.ReadRgb(frame, y, pixels.Slice(y * frame.Width * 3, frame.Width * 3));
        }
        return rgb;
    }
}
