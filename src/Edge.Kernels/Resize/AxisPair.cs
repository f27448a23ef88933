namespace Edge.Kernels.Resize;

/// <summary>An axis of one or two taps per output, in the form that inner loops read: output i is FirstWeight[i] * x[First[i]] + SecondWeight[i] * x[Second[i]].</summary>
internal sealed class AxisPair
{
    /// <param name="taps">At most two per output.</param>
    public AxisPair(AxisTaps taps)
    {
        int step = taps.Count;
        int second = step - 1;
        int[] at = [.. Enumerable.Range(0, taps.Length)];
        First = [.. at.Select(i => taps.Positions[i * step])];
        Second = [.. at.Select(i => taps.Positions[(i * step) + second])];
        FirstWeight = [.. at.Select(i => (float)taps.Weights[i * step])];
        SecondWeight = [.. at.Select(i => second == 0 ? 0 : (float)taps.Weights[(i * step) + 1])];
        IsSingle = step == 1;
    }

    public int Length => First.Length;

    /// <summary>Whether every output is one input: one tap, of weight 1.</summary>
    public bool IsSingle { get; }

    public int[] First { get; }

    public int[] Second { get; }

    public float[] FirstWeight { get; }

    public float[] SecondWeight { get; }
}
