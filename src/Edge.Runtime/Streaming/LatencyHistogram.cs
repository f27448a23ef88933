namespace Edge.Runtime.Streaming;

/// <summary>Times in milliseconds, counted in classes that grow by a tenth: quantiles are right to 10 %, memory is fixed.</summary>
public sealed class LatencyHistogram
{
    private const double Least = 0.01;
    private const double Growth = 1.1;
    private const int Classes = 160;

    private readonly long[] _counts = new long[Classes];

    public long Count { get; private set; }

    /// <summary>Sum of all times.</summary>
    public double Sum { get; private set; }

    public double Most { get; private set; }

    public void Add(double milliseconds)
    {
        int index = milliseconds <= Least ? 0 : (int)Math.Min(Classes - 1, Math.Ceiling(Math.Log(milliseconds / Least, Growth)));
        lock (_counts)
        {
            _counts[index]++;
            Count++;
            Sum += milliseconds;
            Most = Math.Max(Most, milliseconds);
        }
    }

    /// <summary>The time below which the given part lies; 0 without times.</summary>
    /// <param name="part">0 to 1.</param>
    public double Quantile(double part)
    {
        lock (_counts)
        {
            long wanted = (long)Math.Ceiling(part * Count);
            long seen = 0;
            for (int i = 0; i < Classes; i++)
            {
                seen += _counts[i];
                if (seen >= wanted && seen > 0)
                {
                    return Math.Min(Most, Least * Math.Pow(Growth, i));
                }
            }
            return 0;
        }
    }
}
