using Edge.Runtime.Format;

namespace Edge.Runtime.Signals;

/// <summary>How images of one size become a model's input: size after scaling, place in the input, filters.</summary>
internal sealed class PixelPlan
{
    public PixelPlan(ImagePreprocessing spec, int width, int height)
    {
        (FittedWidth, FittedHeight) = FittedSize(spec, width, height);
        int left = Centre(spec.Width, FittedWidth);
        Top = Centre(spec.Height, FittedHeight);
        VisibleLeft = Math.Max(0, left);
        FirstColumn = Math.Max(0, -left);
        VisibleWidth = Math.Max(0, Math.Min(spec.Width - VisibleLeft, FittedWidth - FirstColumn));
        KeepsWidth = FittedWidth == width;
        KeepsHeight = FittedHeight == height;
        Horizontal = new ResizeFilter(width, FittedWidth, KeepsWidth ? Interpolation.Nearest : spec.Interpolation);
        Vertical = new ResizeFilter(height, FittedHeight, KeepsHeight ? Interpolation.Nearest : spec.Interpolation);
        Placement = new InputPlacement((double)FittedWidth / width, (double)FittedHeight / height, left, Top);
    }

    /// <summary>Size of the whole image after scaling, before it is cut or padded to the input's size.</summary>
    public int FittedWidth { get; }

    public int FittedHeight { get; }

    /// <summary>Row of the input at which the fitted image starts; negative where it is cut.</summary>
    public int Top { get; }

    /// <summary>First column of the input that shows the image.</summary>
    public int VisibleLeft { get; }

    /// <summary>The column of the fitted image that is shown there.</summary>
    public int FirstColumn { get; }

    /// <summary>Columns that are shown.</summary>
    public int VisibleWidth { get; }

    public bool KeepsWidth { get; }

    public bool KeepsHeight { get; }

    public ResizeFilter Horizontal { get; }

    public ResizeFilter Vertical { get; }

    public InputPlacement Placement { get; }

    private static (int Width, int Height) FittedSize(ImagePreprocessing spec, int width, int height) => spec.Resize switch
    {
        ResizeMode.Stretch => (spec.Width, spec.Height),
        ResizeMode.Crop => Cover(width, height, (int)MathF.Round(spec.Width / spec.CropRatio), (int)MathF.Round(spec.Height / spec.CropRatio)),
        ResizeMode.Pad when width <= spec.Width && height <= spec.Height => (width, height),
        _ => Contain(spec, width, height),
    };

    /// <summary>The smallest size of the same aspect ratio that covers a box; the other side is rounded down, as torchvision does.</summary>
    private static (int Width, int Height) Cover(int width, int height, int boxWidth, int boxHeight)
    {
        bool widthDecides = (long)boxWidth * height >= (long)boxHeight * width;
        return widthDecides
            ? (boxWidth, (int)Math.Clamp((long)boxWidth * height / width, boxHeight, MaxSide(boxWidth)))
            : ((int)Math.Clamp((long)boxHeight * width / height, boxWidth, MaxSide(boxHeight)), boxHeight);
    }

    // An image of 1 x 60000 pixels must not become one of gigabytes: only its centre is used anyway.
    private static long MaxSide(int decidingSide) => Math.Max(1 << 16, decidingSide);

    private static (int Width, int Height) Contain(ImagePreprocessing spec, int width, int height)
    {
        double scale = Math.Min((double)spec.Width / width, (double)spec.Height / height);
        return (Math.Clamp((int)Math.Round(width * scale), 1, spec.Width), Math.Clamp((int)Math.Round(height * scale), 1, spec.Height));
    }

    /// <summary>Where the image starts in the input; negative where it is cut. Halves are rounded to even, as torchvision does.</summary>
    private static int Centre(int input, int image) => input >= image ? (input - image) / 2 : -(int)Math.Round((image - input) / 2.0, MidpointRounding.ToEven);
}
