using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;

namespace Edge.Runtime.Signals;

/// <summary>
/// Reads rows of a frame as RGB or gray. YUV becomes RGB by BT.601 for limited range, in 8-bit fixed point:
/// R = (298 (Y-16) + 409 (V-128) + 128) / 256, and so on; colour belongs to both (or all four) pixels that share it.
/// </summary>
internal static class FrameRows
{
    /// <summary>Row <paramref name="y"/>, R, G, B for each pixel.</summary>
    public static void ReadRgb(ImageFrame frame, int y, Span<byte> row)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        int width = frame.Width;
        ReadOnlySpan<byte> first = bytes.Slice(y * frame.Stride, ImageFrame.RowBytes(frame.Format, width));
        int plane = frame.Stride * frame.Height;
        switch (frame.Format)
        {
            case FrameFormat.Rgb24:
                first.CopyTo(row);
                break;
            case FrameFormat.Gray8:
                for (int x = 0; x < width; x++)
                {
                    row[(3 * x) + 2] = row[(3 * x) + 1] = row[3 * x] = first[x];
                }
                break;
            case FrameFormat.Yuyv:
                for (int x = 0; x < width; x += 2)
                {
                    (byte u, byte v) = (first[(2 * x) + 1], first[(2 * x) + 3]);
                    Convert(first[2 * x], u, v, row[(3 * x)..]);
                    Convert(first[(2 * x) + 2], u, v, row[((3 * x) + 3)..]);
                }
                break;
            case FrameFormat.Nv12:
                ReadOnlySpan<byte> pairs = bytes.Slice(plane + (y / 2 * frame.Stride), width);
                for (int x = 0; x < width; x++)
                {
                    Convert(first[x], pairs[x & ~1], pairs[x | 1], row[(3 * x)..]);
                }
                break;
            case FrameFormat.I420:
                int half = frame.Stride / 2;
                ReadOnlySpan<byte> us = bytes[(plane + (y / 2 * half))..];
                ReadOnlySpan<byte> vs = bytes[(plane + (half * (frame.Height / 2)) + (y / 2 * half))..];
                for (int x = 0; x < width; x++)
                {
                    Convert(first[x], us[x / 2], vs[x / 2], row[(3 * x)..]);
                }
                break;
            default:
                throw new EdgeException(EdgeError.BadInput, "a JPEG frame has to be decoded before it is used");
        }
    }

    /// <summary>Makes a row of R, G, B a row of luma, in place: 0.299 R + 0.587 G + 0.114 B, rounded as <see cref="PixelImage.ToGray"/> does.</summary>
    public static void ToGray(Span<byte> row, int width)
    {
        for (int x = 0; x < width; x++)
        {
            row[x] = (byte)(((row[3 * x] * 19595) + (row[(3 * x) + 1] * 38470) + (row[(3 * x) + 2] * 7471) + 0x8000) >> 16);
        }
    }

    private static void Convert(byte luma, byte u, byte v, Span<byte> rgb)
    {
        int c = (298 * (luma - 16)) + 128;
        int d = u - 128;
        int e = v - 128;
        rgb[2] = (byte)Math.Clamp((c + (516 * d)) >> 8, 0, 255);
        rgb[1] = (byte)Math.Clamp((c - (100 * d) - (208 * e)) >> 8, 0, 255);
        rgb[0] = (byte)Math.Clamp((c + (409 * e)) >> 8, 0, 255);
    }
}
