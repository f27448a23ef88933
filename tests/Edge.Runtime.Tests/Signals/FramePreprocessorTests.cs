using Edge.Runtime.Format;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using Edge.Testing;

namespace Edge.Runtime.Tests.Signals;

public class FramePreprocessorTests
{
    /// <summary>Every mode, over odd sizes: the bits of the naive resize, cut or padded, then (pixel * scale - mean) / std.</summary>
    [Fact]
    public void OnePassGivesTheBitsOfTheNaiveSteps()
    {
        var random = new Random(3);
        foreach (ResizeMode mode in Enum.GetValues<ResizeMode>())
        {
            foreach (Interpolation interpolation in Enum.GetValues<Interpolation>())
            {
                foreach (ChannelOrder channels in Enum.GetValues<ChannelOrder>())
                {
                    foreach ((int width, int height) in new[] { (33, 17), (16, 16), (7, 40), (64, 48), (1, 1), (5, 100) })
                    {
                        ImagePreprocessing spec = Spec(mode, interpolation, channels, random.Next(2) == 0, random.Next(1, 40), random.Next(1, 40));
                        PixelImage image = Noise(width, height, random);
                        var frame = new ImageFrame();
                        image.Pixels.CopyTo(frame.Prepare(FrameFormat.Rgb24, width, height));
                        var preprocessor = new FramePreprocessor(spec);
                        var actual = new float[preprocessor.Count];
                        preprocessor.Prepare(frame, actual);
                        Assert.Equal(Naive(spec, image), actual);
                    }
                }
            }
        }
    }

    [Fact]
    public void ARegionIsWhatTheCutImageWouldBe()
    {
        var random = new Random(4);
        PixelImage image = Noise(60, 40, random);
        var frame = new ImageFrame();
        image.Pixels.CopyTo(frame.Prepare(FrameFormat.Rgb24, 60, 40));
        ImagePreprocessing spec = Spec(ResizeMode.Letterbox, Interpolation.Bilinear, ChannelOrder.Rgb, false, 24, 24);
        var preprocessor = new FramePreprocessor(spec);
        var actual = new float[preprocessor.Count];
        foreach (PixelRegion region in new[] { new PixelRegion(0, 0, 60, 40), new PixelRegion(13, 7, 31, 20), new PixelRegion(59, 39, 1, 1) })
        {
            var cut = new byte[region.Width * region.Height * 3];
            for (int y = 0; y < region.Height; y++)
            {
                image.Pixels.AsSpan((((region.Y + y) * 60) + region.X) * 3, region.Width * 3).CopyTo(cut.AsSpan(y * region.Width * 3));
            }
            preprocessor.Prepare(frame, region, actual);
            Assert.Equal(Naive(spec, new PixelImage(region.Width, region.Height, 3, cut)), actual);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => preprocessor.Prepare(frame, new PixelRegion(50, 0, 11, 1), actual));
    }

    /// <summary>The same colours in each YUV layout give the same input; black, white and red are what BT.601 says.</summary>
    [Fact]
    public void YuvBecomesRgb()
    {
        (byte Y, byte U, byte V, byte[] Rgb)[] colours = [(16, 128, 128, [0, 0, 0]), (235, 128, 128, [255, 255, 255]), (81, 90, 240, [255, 0, 0]), (145, 54, 34, [0, 255, 1])];
        foreach ((byte y, byte u, byte v, byte[] rgb) in colours)
        {
            foreach (FrameFormat format in new[] { FrameFormat.Yuyv, FrameFormat.Nv12, FrameFormat.I420 })
            {
                var frame = new ImageFrame();
                Span<byte> bytes = frame.Prepare(format, 6, 4);
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = format switch
                    {
                        FrameFormat.Yuyv => i % 2 == 0 ? y : i % 4 == 1 ? u : v,
                        FrameFormat.Nv12 => i < 24 ? y : i % 2 == 0 ? u : v,
                        _ => i < 24 ? y : i < 30 ? u : v,
                    };
                }
                byte[] pixels = FrameColours.ToRgb(frame).Bytes.ToArray();
                Assert.All(pixels.Select((p, i) => (p, i)), p => Assert.InRange(p.p, rgb[p.i % 3] - 2, rgb[p.i % 3] + 2));
            }
        }
    }

    [Fact]
    public void BoxesFindTheirWayBack()
    {
        var frame = new ImageFrame();
        frame.Prepare(FrameFormat.Rgb24, 640, 480);
        var preprocessor = new FramePreprocessor(Spec(ResizeMode.Letterbox, Interpolation.Bilinear, ChannelOrder.Rgb, false, 320, 320));
        preprocessor.Prepare(frame, new float[preprocessor.Count]);
        // 320 x 240 in the middle of 320 x 320.
        Assert.Equal((0, 0), preprocessor.Placement.ToImage(0, 40));
        Assert.Equal((640, 480), preprocessor.Placement.ToImage(320, 280));
    }

    [Fact]
    public void FramesOfTheSameSizeAllocateNothing()
    {
        var frame = new ImageFrame();
        frame.Prepare(FrameFormat.Yuyv, 64, 48);
        var preprocessor = new FramePreprocessor(Spec(ResizeMode.Crop, Interpolation.Bilinear, ChannelOrder.Rgb, false, 32, 32));
        var target = new float[preprocessor.Count];
        preprocessor.Prepare(frame, target);
        Assert.Equal(0, Allocated.OnThread(() => preprocessor.Prepare(frame, target)));
    }

    private static ImagePreprocessing Spec(ResizeMode mode, Interpolation interpolation, ChannelOrder channels, bool last, int width, int height)
    {
        bool gray = channels == ChannelOrder.Gray;
        return new ImagePreprocessing
        {
            Width = width,
            Height = height,
            Resize = mode,
            CropRatio = 0.8f,
            Interpolation = interpolation,
            Channels = channels,
            ChannelsLast = last,
            Scale = 1 / 255f,
            Mean = gray ? [0.3f] : [0.1f, 0.2f, 0.3f],
            Std = gray ? [0.7f] : [0.5f, 0.6f, 0.7f],
            PadValue = 114,
        };
    }

    private static PixelImage Noise(int width, int height, Random random)
    {
        var pixels = new byte[width * height * 3];
        random.NextBytes(pixels);
        return new PixelImage(width, height, 3, pixels);
    }

    /// <summary>The steps one after the other, on whole images.</summary>
    private static float[] Naive(ImagePreprocessing spec, PixelImage image)
    {
        int channels = spec.Channels == ChannelOrder.Gray ? 1 : 3;
        PixelImage source = channels == 1 ? image.ToGray() : image;
        var plan = new PixelPlan(spec, source.Width, source.Height);
        PixelImage fitted = ImageResizer.Resize(source, plan.FittedWidth, plan.FittedHeight, spec.Interpolation);
        int left = (int)plan.Placement.OffsetX;
        var target = new float[spec.Width * spec.Height * channels];
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < spec.Height; y++)
            {
                for (int x = 0; x < spec.Width; x++)
                {
                    (int sx, int sy) = (x - left, y - plan.Top);
                    bool inside = sx >= 0 && sy >= 0 && sx < fitted.Width && sy < fitted.Height;
                    float pixel = inside ? fitted.Pixels[(((sy * fitted.Width) + sx) * channels) + (spec.Channels == ChannelOrder.Bgr ? 2 - c : c)] : spec.PadValue;
                    int at = (y * spec.Width) + x;
                    target[spec.ChannelsLast ? (at * channels) + c : (c * spec.Width * spec.Height) + at] = ((pixel * spec.Scale) - spec.Mean[c]) / spec.Std[c];
                }
            }
        }
        return target;
    }
}
