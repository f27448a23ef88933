namespace Edge.Runtime.Training;

/// <summary>Random numbers that depend on the seed alone, on every machine (SplitMix64; Steele et al., 2014).</summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>In [0, <paramref name="limit"/>).</summary>
    public int Next(int limit) => (int)((UInt128)Next() * (ulong)limit >> 64);

    /// <summary>Uniform in [0, 1).</summary>
    public float NextUnit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [-<paramref name="limit"/>, <paramref name="limit"/>).</summary>
    public float NextSymmetric(float limit) => ((2 * NextUnit()) - 1) * limit;

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller).</summary>
    public float NextNormal() => (float)(Math.Sqrt(-2 * Math.Log(1 - (double)NextUnit())) * Math.Cos(2 * Math.PI * NextUnit()));

    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int other = Next(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }
}
