using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Signals;

namespace Edge.Runtime.Tests;

public class ImagePreprocessorTests
{
    /// <summary>Checksums of Pillow 9.4: Image.resize of the pattern, all values folded with sum = sum * 31 + value.</summary>
    [Theory]
    [InlineData(Interpolation.Nearest, 4, 3, 2354051580)]
    [InlineData(Interpolation.Nearest, 9, 8, 3792243574)]
    [InlineData(Interpolation.Nearest, 3, 11, 2221757562)]
    [InlineData(Interpolation.Bilinear, 4, 3, 1493795022)]
    [InlineData(Interpolation.Bilinear, 9, 8, 650947491)]
    [InlineData(Interpolation.Bilinear, 3, 11, 2474175312)]
    [InlineData(Interpolation.Bicubic, 4, 3, 3889910989)]
    [InlineData(Interpolation.Bicubic, 9, 8, 940251357)]
    [InlineData(Interpolation.Bicubic, 3, 11, 2061242164)]
    public void ResizingGivesThePixelsOfPillow(Interpolation interpolation, int width, int height, uint expected)
    {
        PixelImage resized = ImageResizer.Resize(Pattern(), width, height, interpolation);
        uint sum = 0;
        foreach (byte value in resized.Pixels)
        {
            sum = unchecked((sum * 31) + value);
        }
        Assert.Equal(expected, sum);
    }

    [Fact]
    public void GrayIsTheLumaOfPillow()
    {
        PixelImage gray = Pattern().ToGray();
        Assert.Equal(new byte[] { 43, 80, 117, 154, 191, 199, 86, 54, 91, 128, 165, 173, 210, 97 }, gray.Pixels[..14]);
        Assert.Equal(new byte[] { 86, 156, 146, 108, 167, 113 }, ImageResizer.Resize(gray, 3, 2, Interpolation.Bilinear).Pixels);
    }

    [Fact]
    public void PadCentresASmallImageOnThePadValue()
    {
        var spec = new ImagePreprocessing { Width = 4, Height = 4, Resize = ResizeMode.Pad, Channels = ChannelOrder.Gray, Scale = 0.5f, Mean = [1], Std = [2], PadValue = 4 };
        float[] values = Prepare(spec, new PixelImage(2, 2, 1, [10, 20, 30, 40]));
        const float Pad = 0.5f;
        Assert.Equal([Pad, Pad, Pad, Pad, Pad, 2, 4.5f, Pad, Pad, 7, 9.5f, Pad, Pad, Pad, Pad, Pad], values);
    }

    [Fact]
    public void LetterboxKeepsTheAspectRatio()
    {
        var spec = new ImagePreprocessing { Width = 4, Height = 4, Resize = ResizeMode.Letterbox, Channels = ChannelOrder.Gray, Mean = [0], Std = [1], PadValue = 9 };
        float[] values = Prepare(spec, new PixelImage(8, 4, 1, [.. Enumerable.Repeat((byte)100, 32)]));
        Assert.Equal([9, 9, 9, 9, 100, 100, 100, 100, 100, 100, 100, 100, 9, 9, 9, 9], values);
    }

    [Fact]
    public void CropScalesTheShorterSideAndCutsTheCentre()
    {
        // 6 x 3 becomes 8 x 4 (ratio 2 / 4), of which the central 2 x 2 are kept.
        var spec = new ImagePreprocessing { Width = 2, Height = 2, Resize = ResizeMode.Crop, CropRatio = 0.5f, Interpolation = Interpolation.Nearest, Channels = ChannelOrder.Gray, Mean = [0], Std = [1] };
        byte[] pixels = [.. Enumerable.Range(0, 18).Select(i => (byte)i)];
        Assert.Equal([8, 9, 8, 9], Prepare(spec, new PixelImage(6, 3, 1, pixels)));
    }

    [Theory]
    [InlineData(ChannelOrder.Rgb, false, new float[] { 1, 4, 2, 5, 3, 6 })]
    [InlineData(ChannelOrder.Bgr, false, new float[] { 3, 6, 2, 5, 1, 4 })]
    [InlineData(ChannelOrder.Rgb, true, new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(ChannelOrder.Bgr, true, new float[] { 3, 2, 1, 6, 5, 4 })]
    public void ChannelsGoWhereTheModelWantsThem(ChannelOrder channels, bool last, float[] expected)
    {
        var spec = new ImagePreprocessing { Width = 2, Height = 1, Channels = channels, ChannelsLast = last };
        Assert.Equal(expected, Prepare(spec, new PixelImage(2, 1, 4, [1, 2, 3, 77, 4, 5, 6, 88])));
    }

    [Fact]
    public void GrayImagesFeedColourModels() =>
        Assert.Equal([5, 5, 5], Prepare(new ImagePreprocessing { Width = 1, Height = 1 }, new PixelImage(1, 1, 1, [5])));

    [Fact]
    public void BytesAreSaturated()
    {
        var spec = new ImagePreprocessing { Width = 2, Height = 1, Channels = ChannelOrder.Gray, Mean = [128], Std = [0.5f] };
        var preprocessor = new ImagePreprocessor(spec);
        Tensor tensor = preprocessor.Prepare(new PixelImage(2, 1, 1, [0, 130]), new TensorInfo(DataType.S8, preprocessor.Shape));
        Assert.Equal(new sbyte[] { -128, 4 }, tensor.ToArray<sbyte>());
    }

    [Fact]
    public void BadDescriptionsAreRefused()
    {
        var good = new ImagePreprocessing { Width = 2, Height = 2 };
        foreach (ImagePreprocessing bad in new[]
        {
            good with { Width = 0 }, good with { CropRatio = 0 }, good with { CropRatio = 1.5f }, good with { Mean = [0] },
            good with { Std = [1, 0, 1] }, good with { Scale = float.NaN }, good with { Resize = (ResizeMode)9 },
        })
        {
            Assert.Equal(EdgeError.BadInputFile, Assert.Throws<EdgeException>(() => new ImagePreprocessor(bad)).Error);
        }
    }

    /// <summary>7 x 5 pixels of (37 x + 11 y + 53 c) mod 256.</summary>
    private static PixelImage Pattern() =>
        new(7, 5, 3, [.. Enumerable.Range(0, 105).Select(i => (byte)((i / 3 % 7 * 37) + (i / 21 * 11) + (i % 3 * 53)))]);

    private static float[] Prepare(ImagePreprocessing spec, PixelImage image)
    {
        var preprocessor = new ImagePreprocessor(spec);
        return preprocessor.Prepare(image, new TensorInfo(DataType.F32, preprocessor.Shape)).ToArray<float>();
    }
}
