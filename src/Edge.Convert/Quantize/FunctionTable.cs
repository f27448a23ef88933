using Edge.Kernels.Tensors;

namespace Edge.Convert.Quantize;

/// <summary>Tables of <see cref="Edge.Runtime.Operators.QuantTable"/>: any function of one number, from integers of one scheme to integers of another.</summary>
internal static class FunctionTable
{
    /// <summary>Steps of 16-bit integers from one point to the next.</summary>
    private const int Segment = 128;

    private const int Segments = 65536 / Segment;

    /// <summary>Eight-bit results are interpolated in these parts of a step.</summary>
    private const int Parts = 256;

    /// <summary>Error of interpolation that is borne, in proportion to the range of the function, as a root of mean squares: a quarter of a step of 8 bits.</summary>
    private const double MostError = 0.25 / 255;

    /// <summary>
    /// The table: for 8 bits the result of each integer, for 16 bits 513 points with lines between them (docs/quantization.md); null where lines
    /// come nowhere near the function (steps, peaks).
    /// </summary>
    /// <param name="function">Results for a list of points; what is not a number counts as 0.</param>
    public static Tensor? Make(Scheme from, Scheme to, Func<double[], double[]> function)
    {
        if (!from.IsWords)
        {
            double[] results = Evaluate(function, [.. Enumerable.Range(sbyte.MinValue, 256).Select(q => from.Real(q))]);
            return to.IsWords
                ? Tensor.FromVector<short>([.. results.Select(r => (short)to.Quantize(r))])
                : Tensor.FromVector<sbyte>([.. results.Select(r => (sbyte)to.Quantize(r))]);
        }
        double[] points = Evaluate(function, [.. Enumerable.Range(0, Segments + 1).Select(i => from.Real((i * Segment) + short.MinValue))]);
        if (!IsSmooth(from, function, points))
        {
            return null;
        }
        double scale = to.IsWords ? to.Scale : to.Scale / Parts;
        int zero = to.IsWords ? 0 : to.Zero * Parts;
        return Tensor.FromVector<short>([.. points.Select(p => (short)Math.Clamp(Math.Round(p / scale) + zero, short.MinValue, short.MaxValue))]);
    }

    /// <summary>Compares the function with the lines in the middle of each segment within the limits of the scheme.</summary>
    private static bool IsSmooth(Scheme from, Func<double[], double[]> function, double[] points)
    {
        int[] inside = [.. Enumerable.Range(0, Segments).Where(i => Math.Abs((i * Segment) + short.MinValue + (Segment / 2)) <= from.Limit)];
        double[] middles = Evaluate(function, [.. inside.Select(i => from.Real((i * Segment) + short.MinValue + (Segment / 2)))]);
        double range = Math.Max(middles.Max(), 0) - Math.Min(middles.Min(), 0);
        double squares = inside.Select((i, at) => Math.Pow(((points[i] + points[i + 1]) / 2) - middles[at], 2)).Average();
        return Math.Sqrt(squares) <= MostError * range || range == 0;
    }

    private static double[] Evaluate(Func<double[], double[]> function, double[] points) => [.. function(points).Select(r => double.IsNaN(r) ? 0 : r)];
}
