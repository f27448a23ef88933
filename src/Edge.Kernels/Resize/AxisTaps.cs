namespace Edge.Kernels.Resize;

/// <summary>
/// The resize of one axis as a table: output i is the sum over t of Weights[i * Count + t] * input[Positions[i * Count + t]].
/// Coordinates are computed in float32 where a scale enters, as other runtimes do, so that ties fall on the same side.
/// </summary>
internal sealed class AxisTaps
{
    private AxisTaps(int length, int count)
    {
        Count = count;
        Positions = new int[checked(length * count)];
        Weights = new double[Positions.Length];
        Outside = new bool[length];
    }

    /// <summary>Taps per output.</summary>
    public int Count { get; private init; }

    /// <summary>All within the input.</summary>
    public int[] Positions { get; private init; }

    /// <summary>They sum to 1 for each output.</summary>
    public double[] Weights { get; private init; }

    /// <summary>Outputs that are the extrapolation value whatever the taps say.</summary>
    public bool[] Outside { get; private init; }

    public int Length => Outside.Length;

    /// <summary>Output i is input i.</summary>
    public bool IsIdentity { get; private init; }

    public bool Extrapolates => Outside.Contains(true);

    /// <summary>Entries of the table for an axis; huge for axes that only a damaged model asks for.</summary>
    public static double SizeOf(ResizeRule rule, ResizeAxis axis) => axis.Output * (rule.Mode == ResizeMode.Nearest ? 1.0 : 2 - (2 * FirstTap(rule, axis)));

    public static AxisTaps Build(ResizeRule rule, ResizeAxis axis)
    {
        if (axis.Output == 0)
        {
            return new AxisTaps(0, 1);
        }
        AxisTaps taps = rule.Mode == ResizeMode.Nearest ? Nearest(rule, axis) : Weighted(rule, axis);
        return axis.Input == axis.Output && taps.CopiesEach() ? Identity(axis.Input) : taps;
    }

    private static AxisTaps Identity(int length)
    {
        var taps = new AxisTaps(length, 1) { IsIdentity = true };
        for (int i = 0; i < length; i++)
        {
            taps.Positions[i] = i;
            taps.Weights[i] = 1;
        }
        return taps;
    }

    private bool CopiesEach()
    {
        if (Extrapolates)
        {
            return false;
        }
        for (int i = 0; i < Weights.Length; i++)
        {
            if (Weights[i] != 0 && Positions[i] != i / Count)
            {
                return false;
            }
        }
        return true;
    }

    private static AxisTaps Nearest(ResizeRule rule, ResizeAxis axis)
    {
        var taps = new AxisTaps(axis.Output, 1);
        for (int i = 0; i < axis.Output; i++)
        {
            double x = Coordinate(rule.Coordinates, axis, i);
            taps.Outside[i] = IsOutside(rule, axis, x);
            taps.Positions[i] = Clamp(NearestTo(rule.Nearest, x, axis.Scale), axis.Input);
            taps.Weights[i] = 1;
        }
        return taps;
    }

    private static double NearestTo(NearestMode mode, double x, float scale) => mode switch
    {
        NearestMode.RoundPreferFloor => Math.Ceiling(x - 0.5),
        NearestMode.RoundPreferCeil => Math.Floor(x + 0.5),
        NearestMode.Floor => Math.Floor(x),
        NearestMode.Ceil => Math.Ceiling(x),
        NearestMode.CeilWhenShrinking => scale < 1 ? Math.Ceiling(x) : Math.Floor(x),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    private static AxisTaps Weighted(ResizeRule rule, ResizeAxis axis)
    {
        double stretch = Stretch(rule, axis);
        double first = FirstTap(rule, axis);
        int count = checked((int)(2 - (2 * first)));
        var taps = new AxisTaps(axis.Output, count);
        for (int i = 0; i < axis.Output; i++)
        {
            double x = Coordinate(rule.Coordinates, axis, i);
            taps.Outside[i] = IsOutside(rule, axis, x);
            double floor = Math.Floor(x);
            double sum = 0;
            for (int t = 0; t < count; t++)
            {
                double position = floor + first + t;
                double weight = Weight(rule, (position - x) * stretch);
                weight = rule.ExcludeOutside && (position < 0 || position >= axis.Input) ? 0 : weight;
                taps.Positions[(i * count) + t] = Clamp(position, axis.Input);
                taps.Weights[(i * count) + t] = weight;
                sum += weight;
            }
            Normalize(taps.Weights.AsSpan(i * count, count), sum);
        }
        return taps;
    }

    private static double Stretch(ResizeRule rule, ResizeAxis axis) => rule.Antialias ? Math.Min(1, axis.Scale) : 1;

    /// <summary>Taps from floor(x) + this to floor(x) + 1 - this are all positions at a distance below radius / stretch from x.</summary>
    private static double FirstTap(ResizeRule rule, ResizeAxis axis) =>
        Math.Floor((rule.Mode == ResizeMode.Linear ? -1 : -2) / Stretch(rule, axis)) + 1;

    private static void Normalize(Span<double> weights, double sum)
    {
        if (sum == 1 || sum == 0)
        {
            return;
        }
        foreach (ref double weight in weights)
        {
            weight /= sum;
        }
    }

    private static double Weight(ResizeRule rule, double distance) => rule.Mode == ResizeMode.Linear
        ? Interpolation.Linear(Math.Abs(distance))
        : Interpolation.Cubic(Math.Abs(distance), rule.CubicA);

    private static double Coordinate(CoordinateMode mode, ResizeAxis axis, int i) => mode switch
    {
        CoordinateMode.HalfPixel => HalfPixel(axis, i),
        CoordinateMode.HalfPixelSymmetric => (axis.Input / 2.0 * (1 - (axis.Output / Width(axis)))) + HalfPixel(axis, i),
        CoordinateMode.PytorchHalfPixel => axis.Output > 1 ? HalfPixel(axis, i) : 0,
        CoordinateMode.AlignCorners => Width(axis) == 1 ? 0 : i * (axis.Input - 1.0) / (Width(axis) - 1),
        CoordinateMode.Asymmetric => i / axis.Scale,
        CoordinateMode.TfCropAndResize => InRegion(axis, i),
        CoordinateMode.TfHalfPixelForNearest => (i + 0.5f) / axis.Scale,
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    private static float HalfPixel(ResizeAxis axis, int i) => ((i + 0.5f) / axis.Scale) - 0.5f;

    private static double InRegion(ResizeAxis axis, int i)
    {
        double start = axis.RegionStart;
        double end = axis.RegionEnd;
        double last = axis.Input - 1.0;
        return axis.Output > 1
            ? (start * last) + (i * (end - start) * last / (axis.Output - 1))
            : 0.5 * (start + end) * last;
    }

    /// <summary>The output length before it was rounded to an integer. A scale that was itself rounded to float32 does not count.</summary>
    private static double Width(ResizeAxis axis)
    {
        double width = (double)axis.Scale * axis.Input;
        return Math.Abs(width - axis.Output) < 1e-4 * axis.Output ? axis.Output : width;
    }

    private static bool IsOutside(ResizeRule rule, ResizeAxis axis, double x) =>
        rule.Coordinates == CoordinateMode.TfCropAndResize && !(x >= 0 && x <= axis.Input - 1.0);

    private static int Clamp(double position, int length) => position > 0 ? (int)Math.Min(position, length - 1) : 0;
}
