using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Watches a signal's quality as it streams in. Judges the last second, eight times a second; a gap and a lead that is off show
/// at once. A fault that ends is forgotten after at most 1.125 s.
/// </summary>
public sealed class SignalQualityMonitor
{
    private const int BlocksPerSecond = 8;
    private const double NoiseFrequency = 40;

    private readonly SignalQualityLimits _limits;
    private readonly IirFilter? _noiseFilter;
    private readonly Block[] _blocks = new Block[BlocksPerSecond];
    private readonly int _blockLength;
    private Block _current = Block.Empty;
    private int _inBlock;
    private int _filled;
    private bool _leadOff;
    private SignalQuality _judged;
    private bool _missing;

    /// <param name="sampleRate">Samples per second, at least 16. Below 100 noise is not judged.</param>
    /// <exception cref="EdgeException">The rate is too low.</exception>
    public SignalQualityMonitor(double sampleRate, SignalQualityLimits? limits = null)
    {
        if (!(sampleRate >= 2 * BlocksPerSecond))
        {
            throw new EdgeException(EdgeError.BadSignal, $"the sample rate is {sampleRate} Hz, at least {2 * BlocksPerSecond} Hz are needed to judge a signal", "use a faster source");
        }
        _limits = limits ?? new SignalQualityLimits();
        _blockLength = (int)Math.Round(sampleRate / BlocksPerSecond);
        _noiseFilter = sampleRate >= 100 ? new IirFilter(Biquad.HighPass(NoiseFrequency, sampleRate), Biquad.HighPass(NoiseFrequency, sampleRate)) : null;
        _blocks.AsSpan().Fill(Block.Empty);
    }

    /// <summary>Quality after the last sample. <see cref="SignalQuality.Good"/> before the first second has been seen, unless something is wrong.</summary>
    public SignalQuality Current { get; private set; }

    /// <summary>What the front-end's lead-off detection says; holds until it changes.</summary>
    public void SetLeadOff(bool off)
    {
        _leadOff = off;
        Update();
    }

    /// <summary>Takes the next sample, in mV; NaN where there is none.</summary>
    /// <returns>Whether <see cref="Current"/> changed.</returns>
    public bool Next(float sample)
    {
        _missing = !float.IsFinite(sample);
        float noise = _noiseFilter?.Next(_missing ? float.NaN : sample) ?? 0;
        if (_missing)
        {
            _current.Missing++;
        }
        else
        {
            _current.Lowest = Math.Min(_current.Lowest, sample);
            _current.Highest = Math.Max(_current.Highest, sample);
            _current.Saturated += sample <= _limits.Lowest || sample >= _limits.Highest ? 1 : 0;
            _current.NoiseEnergy += (double)noise * noise;
        }
        if (++_inBlock == _blockLength)
        {
            _blocks.AsSpan(1).CopyTo(_blocks);
            _blocks[^1] = _current;
            _current = Block.Empty;
            _inBlock = 0;
            _filled = Math.Min(_filled + 1, BlocksPerSecond);
            _judged = Judge();
        }
        return Update();
    }

    private bool Update()
    {
        SignalQuality now = _judged | (_missing ? SignalQuality.Gap : 0) | (_leadOff ? SignalQuality.LeadOff : 0);
        bool changed = now != Current;
        Current = now;
        return changed;
    }

    private SignalQuality Judge()
    {
        Block sum = Block.Empty;
        foreach (ref readonly Block block in _blocks.AsSpan(BlocksPerSecond - _filled))
        {
            sum.Missing += block.Missing;
            sum.Saturated += block.Saturated;
            sum.NoiseEnergy += block.NoiseEnergy;
            sum.Lowest = Math.Min(sum.Lowest, block.Lowest);
            sum.Highest = Math.Max(sum.Highest, block.Highest);
        }
        int samples = (_filled * _blockLength) - sum.Missing;
        SignalQuality quality = sum.Missing > 0 ? SignalQuality.Gap : SignalQuality.Good;
        if (samples > 0)
        {
            bool whole = _filled == BlocksPerSecond;
            quality |= sum.Saturated > _limits.SaturatedShare * samples ? SignalQuality.Saturated : 0;
            quality |= whole && sum.Highest - sum.Lowest < _limits.FlatPeakToPeak ? SignalQuality.FlatLine : 0;
            quality |= whole && Math.Sqrt(sum.NoiseEnergy / samples) > _limits.NoiseRms ? SignalQuality.Noisy : 0;
        }
        return quality;
    }

    private struct Block
    {
        public int Missing;
        public int Saturated;
        public double NoiseEnergy;
        public float Lowest;
        public float Highest;

        public static Block Empty => new() { Lowest = float.PositiveInfinity, Highest = float.NegativeInfinity };
    }
}
