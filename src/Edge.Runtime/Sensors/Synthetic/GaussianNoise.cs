namespace Edge.Runtime.Sensors.Synthetic;

/// <summary>
/// Random numbers that are the same on every machine: SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, 2014), and the polar
/// method of G. Marsaglia for the normal distribution.
/// </summary>
internal struct GaussianNoise(int seed)
{
    private ulong _state = (ulong)(uint)seed;
    private double _spare;
    private bool _hasSpare;

    /// <summary>Evenly distributed in [0, 1).</summary>
    public double NextUniform()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Normally distributed with mean 0 and standard deviation 1.</summary>
    public double Next()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spare;
        }
        double x;
        double y;
        double square;
        do
        {
            x = (2 * NextUniform()) - 1;
            y = (2 * NextUniform()) - 1;
            square = (x * x) + (y * y);
        }
        while (square is >= 1 or 0);
        double factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _spare = y * factor;
        _hasSpare = true;
        return x * factor;
    }
}
