namespace Edge.Runtime.Signals;

/// <summary>A rectangle of an image, in pixels.</summary>
public readonly record struct PixelRegion(int X, int Y, int Width, int Height)
{
    /// <summary>The part of a box that lies in an image, at least one pixel; coordinates are rounded outwards.</summary>
    public static PixelRegion Inside(double left, double top, double right, double bottom, int width, int height)
    {
        int x = (int)Math.Clamp(Math.Floor(left), 0, width - 1);
        int y = (int)Math.Clamp(Math.Floor(top), 0, height - 1);
        return new PixelRegion(x, y, (int)Math.Clamp(Math.Ceiling(right), x + 1, width) - x, (int)Math.Clamp(Math.Ceiling(bottom), y + 1, height) - y);
    }
}

/// <summary>Where an image lies in a model's input: input = image * scale + offset.</summary>
public readonly record struct InputPlacement(double ScaleX, double ScaleY, double OffsetX, double OffsetY)
{
    /// <summary>The point of the image that lies at a point of the input.</summary>
    public (double X, double Y) ToImage(double x, double y) => ((x - OffsetX) / ScaleX, (y - OffsetY) / ScaleY);
}
