using Edge.Runtime.Format;

namespace Edge.Runtime.Signals;

/// <summary>Weights of the source samples that make each target sample along one axis, in fixed point.</summary>
internal sealed class ResizeFilter
{
    public const int PrecisionBits = 32 - 8 - 2;

    private readonly int[][] _weights;

    public ResizeFilter(int from, int to, Interpolation interpolation)
    {
        Starts = new int[to];
        _weights = new int[to][];
        if (interpolation == Interpolation.Nearest)
        {
            for (int i = 0; i < to; i++)
            {
                Starts[i] = NearestSource(i, from, to);
                _weights[i] = [1 << PrecisionBits];
            }
            return;
        }
        (Func<double, double> kernel, double radius) = interpolation == Interpolation.Bicubic ? ((Func<double, double>)Cubic, 2.0) : (Triangle, 1.0);
        double scale = (double)from / to;
        double stretch = Math.Max(scale, 1);
        double support = radius * stretch;
        for (int i = 0; i < to; i++)
        {
            double center = (i + 0.5) * scale;
            int start = Math.Max((int)(center - support + 0.5), 0);
            int end = Math.Min((int)(center + support + 0.5), from);
            Starts[i] = start;
            _weights[i] = Normalize([.. Enumerable.Range(start, end - start).Select(j => kernel((j - center + 0.5) / stretch))]);
        }
    }

    /// <summary>First source sample of each target sample.</summary>
    public int[] Starts { get; }

    /// <summary>Most source samples of one target sample.</summary>
    public int MostTaps => _weights.Max(w => w.Length);

    public ReadOnlySpan<int> Weights(int target) => _weights[target];

    public static int NearestSource(int index, int from, int to) => Math.Min((int)((index + 0.5) * ((double)from / to)), from - 1);

    private static int[] Normalize(double[] weights)
    {
        double sum = weights.Sum();
        return [.. weights.Select(w => sum == 0 ? w : w / sum).Select(w => (int)((w < 0 ? -0.5 : 0.5) + (w * (1 << PrecisionBits))))];
    }

    private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));

    /// <summary>Keys' cubic convolution with a = -0.5.</summary>
    private static double Cubic(double x)
    {
        const double A = -0.5;
        double t = Math.Abs(x);
        return t < 1 ? ((((A + 2) * t) - (A + 3)) * t * t) + 1 : t < 2 ? ((((t - 5) * t) + 8) * t - 4) * A : 0;
    }
}
