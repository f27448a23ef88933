using Edge.Runtime.Sensors;

namespace Edge.Runtime.Signals;

/// <summary>Frames as R, G, B.</summary>
public static class FrameColours
{
    /// <summary>The frame itself where it is R, G, B already without padding, else a converted one.</summary>
    /// <param name="frame">Not a JPEG.</param>
    /// <param name="room">Taken for the converted frame; null = a new one.</param>
    public static ImageFrame ToRgb(ImageFrame frame, ImageFrame? room = null)
    {
        if (frame.Format == FrameFormat.Rgb24 && frame.Stride == frame.Width * 3)
        {
            return frame;
        }
        ImageFrame rgb = room ?? new ImageFrame();
        (rgb.Sequence, rgb.Timestamp) = (frame.Sequence, frame.Timestamp);
        Span<byte> pixels = rgb.Prepare(FrameFormat.Rgb24, frame.Width, frame.Height);
        for (int y = 0; y < frame.Height; y++)
        {
            FrameRows.ReadRgb(frame, y, pixels.Slice(y * frame.Width * 3, frame.Width * 3));
        }
        return rgb;
    }
}
