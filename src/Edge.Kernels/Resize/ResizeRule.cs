namespace Edge.Kernels.Resize;

/// <summary>How values between input positions are made. The numbers are persisted: they may only grow.</summary>
public enum ResizeMode : byte
{
    /// <summary>The value at one input position; see <see cref="NearestMode"/>.</summary>
    Nearest = 0,

    /// <summary>The two neighbours of each axis, weighted by distance.</summary>
    Linear = 1,

    /// <summary>The four neighbours of each axis, weighted by Keys' cubic convolution kernel.</summary>
    Cubic = 2,
}

/// <summary>
/// Which input coordinate an output position i stands for; s is the axis' scale, "in" and "out" its lengths. The numbers are
/// persisted: they may only grow.
/// </summary>
public enum CoordinateMode : byte
{
    /// <summary>(i + 0.5) / s - 0.5</summary>
    HalfPixel = 0,

    /// <summary>As <see cref="HalfPixel"/>, shifted so that the centres of input and output coincide where out is not s * in.</summary>
    HalfPixelSymmetric = 1,

    /// <summary>As <see cref="HalfPixel"/>, but 0 where out is 1.</summary>
    PytorchHalfPixel = 2,

    /// <summary>i * (in - 1) / (s * in - 1)</summary>
    AlignCorners = 3,

    /// <summary>i / s</summary>
    Asymmetric = 4,

    /// <summary>Positions spread evenly over the region of interest, given as fractions of in - 1.</summary>
    TfCropAndResize = 5,

    /// <summary>(i + 0.5) / s</summary>
    TfHalfPixelForNearest = 6,
}

/// <summary>Which input position is nearest to a coordinate. The numbers are persisted: they may only grow.</summary>
public enum NearestMode : byte
{
    /// <summary>Ties go to the lower position.</summary>
    RoundPreferFloor = 0,

    /// <summary>Ties go to the higher position.</summary>
    RoundPreferCeil = 1,

    Floor = 2,

    Ceil = 3,

    /// <summary>Ceil along axes that shrink, floor along all others: what runtimes do for models before operator set 11.</summary>
    CeilWhenShrinking = 4,
}

/// <summary>Everything about a resize that is the same for all axes.</summary>
public sealed record ResizeRule
{
    public ResizeMode Mode { get; init; }

    public CoordinateMode Coordinates { get; init; }

    public NearestMode Nearest { get; init; }

    /// <summary>The parameter a of the cubic kernel.</summary>
    public float CubicA { get; init; } = -0.75f;

    /// <summary>Positions outside the input get weight 0 and the others are scaled to sum 1; else they read the edge.</summary>
    public bool ExcludeOutside { get; init; }

    /// <summary>Along axes that shrink, linear and cubic kernels are stretched by 1 / s, so that every input counts.</summary>
    public bool Antialias { get; init; }

    /// <summary>The value of outputs whose coordinate lies outside the input, for <see cref="CoordinateMode.TfCropAndResize"/>.</summary>
    public float Extrapolation { get; init; }
}

/// <summary>One axis of a resize.</summary>
/// <param name="Input">Length of the input.</param>
/// <param name="Output">Length of the output.</param>
/// <param name="Scale">Positive; output / input, up to rounding of the output.</param>
/// <param name="RegionStart">For <see cref="CoordinateMode.TfCropAndResize"/>: fraction of input - 1.</param>
/// <param name="RegionEnd">Likewise.</param>
public readonly record struct ResizeAxis(int Input, int Output, float Scale, float RegionStart = 0, float RegionEnd = 1)
{
    /// <summary>An axis that is not resized.</summary>
    public static ResizeAxis Keep(int length) => new(length, length, 1);
}
