using Edge.Kernels.Tensors;

namespace Edge.Testing;

/// <summary>The one place that says when two tensors count as equal.</summary>
public static class Close
{
    /// <summary>Largest |a-b| / max|b|, the measure used against other runtimes; NaN only equals NaN, else infinity.</summary>
    public static double RelativeError(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        if (actual.Length != expected.Length)
        {
            return double.PositiveInfinity;
        }
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            if (actual[i].Equals(expected[i]))
            {
                largest = float.IsFinite(expected[i]) ? Math.Max(largest, Math.Abs(expected[i])) : largest;
                continue;
            }
            if (!float.IsFinite(actual[i]) || !float.IsFinite(expected[i]))
            {
                return double.PositiveInfinity;
            }
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
            worst = Math.Max(worst, Math.Abs((double)actual[i] - expected[i]));
        }
        return worst == 0 ? 0 : worst / largest;
    }

    /// <summary>
    /// What differs between two tensors by the rule of the ONNX backend tests, or null: float32
    /// |a-b| &lt;= 1e-5 + 1e-3 |b|, float16 1e-3 + 1e-2 |b|, all other types exact; NaN equals NaN.
    /// </summary>
    public static string? Difference(Tensor actual, Tensor expected)
    {
        if (actual.Type != expected.Type || actual.Shape != expected.Shape)
        {
            return $"{actual.Info}, expected {expected.Info}";
        }
        (double absolute, double relative) = actual.Type switch
        {
            DataType.F16 => (1e-3, 1e-2),
            DataType.F32 or DataType.F64 => (1e-5, 1e-3),
            _ => (0, 0),
        };
        double[] a = actual.ToDouble();
        double[] b = expected.ToDouble();
        int wrong = 0;
        int first = -1;
        for (int i = 0; i < a.Length; i++)
        {
            if (!a[i].Equals(b[i]) && !(Math.Abs(a[i] - b[i]) <= absolute + (relative * Math.Abs(b[i]))))
            {
                wrong++;
                first = first < 0 ? i : first;
            }
        }
        return wrong == 0 ? null : FormattableString.Invariant($"{wrong} of {a.Length} values differ, the first at {first}: {a[first]:R}, expected {b[first]:R}");
    }
}
