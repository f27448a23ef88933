using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Synthetic;

/// <summary>What <see cref="SyntheticEcg"/> makes.</summary>
public sealed record SyntheticEcgOptions
{
    /// <summary>Samples per second, 50 to 10,000.</summary>
    public double SampleRate { get; init; } = 360;

    /// <summary>Mean heart rate, 20 to 300 beats per minute.</summary>
    public double HeartRate { get; init; } = 72;

    /// <summary>Standard deviation of white noise, in mV.</summary>
    public double Noise { get; init; }

    /// <summary>The same seed gives the same samples, on every machine.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Frames until the end; null = endless.</summary>
    public long? Length { get; init; }
}

/// <summary>
/// An artificial ECG with known R peaks: the dynamical model of P. E. McSharry, G. D. Clifford, L. Tarassenko and L. A. Smith
/// (IEEE Trans. Biomed. Eng. 50(3):289-294, 2003). A point goes round a limit cycle once per beat and is pushed up and down as it
/// passes the angles of P, Q, R, S and T. The heart rate sways with the two rhythms that the paper gives (0.1 Hz and respiration,
/// 0.25 Hz), as sines with phases from the seed; respiration also moves the baseline.
/// </summary>
public sealed class SyntheticEcg : ISignalSource
{
    private const double MayerFrequency = 0.1;
    private const double RespirationFrequency = 0.25;
    private const double Sway = 0.025;
    private const double BaselineAmplitude = 0.15;

    /// <summary>The model's z in mV: the paper scales to -0.4 to 1.2 mV.</summary>
    private const double MillivoltPerUnit = 30;

    /// <summary>Longest step of the integration, in seconds.</summary>
    private const double LongestStep = 1.0 / 512;

    /// <summary>Angle, strength and width of P, Q, R, S and T.</summary>
    private static readonly (double Angle, double Strength, double Width)[] Waves =
    [
        (-Math.PI / 3, 1.2, 0.25), (-Math.PI / 12, -5, 0.1), (0, 30, 0.1), (Math.PI / 12, -7.5, 0.1), (Math.PI / 2, 0.75, 0.4),
    ];

    private readonly SyntheticEcgOptions _options;
    private readonly (double Angle, double Strength, double Width)[] _waves;
    private readonly double _mayerPhase;
    private readonly double _respirationPhase;
    private readonly int _steps;
    private GaussianNoise _noise;
    private long _position;
    private double _angle = -Math.PI;
    private double _level;

    /// <exception cref="EdgeException">An option is out of its range.</exception>
    public SyntheticEcg(SyntheticEcgOptions? options = null)
    {
        _options = options ?? new SyntheticEcgOptions();
        Require(_options.SampleRate is >= 50 and <= 10_000, $"the sample rate is {_options.SampleRate} Hz, expected 50 to 10000");
        Require(_options.HeartRate is >= 20 and <= 300, $"the heart rate is {_options.HeartRate} per minute, expected 20 to 300");
        Require(_options.Noise is >= 0 and <= 100, $"the noise is {_options.Noise} mV, expected 0 to 100");
        Require(_options.Length is null or >= 0, $"the length is {_options.Length} samples, expected 0 or more");
        // As the authors' program ECGSYN does: with a faster heart the waves take a larger part of the cycle, and keep their height.
        double stretch = Math.Sqrt(_options.HeartRate / 60);
        _waves = [.. Waves.Select(w => (w.Angle * (Math.Abs(w.Angle) > 1 ? Math.Sqrt(stretch) : stretch), w.Strength, w.Width * stretch))];
        _noise = new GaussianNoise(_options.Seed);
        _mayerPhase = 2 * Math.PI * _noise.NextUniform();
        _respirationPhase = 2 * Math.PI * _noise.NextUniform();
        _steps = (int)Math.Ceiling(1 / (_options.SampleRate * LongestStep));
    }

    public IReadOnlyList<ChannelInfo> Channels { get; } = [new ChannelInfo("synthetic", "mV")];

    public double SampleRate => _options.SampleRate;

    public long? Length => _options.Length;

    /// <summary>Makes the next sample.</summary>
    /// <param name="isPeak">Whether the R peak is nearest to this sample.</param>
    public float Next(out bool isPeak)
    {
        double before = _angle;
        double time = _position / SampleRate;
        double velocity = AngularVelocity(time);
        double step = 1 / (SampleRate * _steps);
        for (int i = 0; i < _steps; i++)
        {
            Integrate(time + (i * step), step, velocity);
        }
        // The peak is where the angle passes 0; it belongs to the sample at most half an interval away.
        double half = velocity / (2 * SampleRate);
        isPeak = before < -half && _angle >= -half;
        _position++;
        return (float)((_level * MillivoltPerUnit) + (_options.Noise > 0 ? _options.Noise * _noise.Next() : 0));
    }

    public int Read(Span<float> frames)
    {
        long left = _options.Length is { } length ? length - _position : frames.Length;
        int count = (int)Math.Min(frames.Length, left);
        for (int i = 0; i < count; i++)
        {
            frames[i] = Next(out _);
        }
        return count;
    }

    public void Dispose()
    {
    }

    private double AngularVelocity(double time)
    {
        double sway = Math.Sin((2 * Math.PI * MayerFrequency * time) + _mayerPhase) + Math.Sin((2 * Math.PI * RespirationFrequency * time) + _respirationPhase);
        return 2 * Math.PI * _options.HeartRate / 60 * (1 + (Sway * sway));
    }

    /// <summary>One step of Runge and Kutta's method of order 4. The angle advances evenly within a sample: the limit cycle is a circle.</summary>
    private void Integrate(double time, double step, double velocity)
    {
        double middle = _angle + (velocity * step / 2);
        double end = _angle + (velocity * step);
        double k1 = Slope(time, _angle, _level);
        double k2 = Slope(time + (step / 2), middle, _level + (k1 * step / 2));
        double k3 = Slope(time + (step / 2), middle, _level + (k2 * step / 2));
        double k4 = Slope(time + step, end, _level + (k3 * step));
        _level += step / 6 * (k1 + (2 * k2) + (2 * k3) + k4);
        _angle = end >= Math.PI ? end - (2 * Math.PI) : end;
    }

    private double Slope(double time, double angle, double level)
    {
        double baseline = BaselineAmplitude / MillivoltPerUnit * Math.Sin((2 * Math.PI * RespirationFrequency * time) + _respirationPhase);
        double slope = -(level - baseline);
        foreach ((double waveAngle, double strength, double width) in _waves)
        {
            double distance = Math.IEEERemainder(angle - waveAngle, 2 * Math.PI);
            slope -= strength * distance * Math.Exp(-distance * distance / (2 * width * width));
        }
        return slope;
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.BadSignal, problem, "correct the synthetic source's options");
        }
    }
}
