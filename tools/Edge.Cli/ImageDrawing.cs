using Edge.Runtime.Format;
using Edge.Runtime.Signals;

namespace Edge.Cli;

/// <summary>Draws an image with half-block characters: each character shows two pixels, one above the other.</summary>
internal static class ImageDrawing
{
    private const int MaxSide = 56;

    /// <param name="colors">With 24-bit terminal colours; else black and white.</param>
    public static void Write(TextWriter writer, PixelImage image, bool colors)
    {
        double scale = Math.Min(1, (double)MaxSide / Math.Max(image.Width, image.Height));
        int width = Math.Max(1, (int)(image.Width * scale));
        int height = Math.Max(1, (int)(image.Height * scale));
        PixelImage small = ImageResizer.Resize(image.ToRgb(), width, height, Interpolation.Bilinear);
        PixelImage gray = small.ToGray();
        for (int y = 0; y < height; y += 2)
        {
            for (int x = 0; x < width; x++)
            {
                writer.Write(colors ? Colored(small, x, y) : Mono(gray, x, y));
            }
            writer.WriteLine(colors ? "\u001b[0m" : "");
        }
    }

    private static string Colored(PixelImage image, int x, int y)
    {
        ReadOnlySpan<byte> top = image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3);
        ReadOnlySpan<byte> bottom = y + 1 < image.Height ? image.Pixels.AsSpan((((y + 1) * image.Width) + x) * 3, 3) : [0, 0, 0];
        return $"\u001b[38;2;{top[0]};{top[1]};{top[2]}m\u001b[48;2;{bottom[0]};{bottom[1]};{bottom[2]}m▀";
    }

    private static string Mono(PixelImage gray, int x, int y)
    {
        bool top = gray.Pixels[(y * gray.Width) + x] >= 96;
        bool bottom = y + 1 < gray.Height && gray.Pixels[((y + 1) * gray.Width) + x] >= 96;
        return (top, bottom) switch { (true, true) => "█", (true, false) => "▀", (false, true) => "▄", _ => " " };
    }
}
