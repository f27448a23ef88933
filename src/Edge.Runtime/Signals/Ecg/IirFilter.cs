namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Second-order sections one after the other, as a stream. A missing sample (NaN) gives NaN; the first sample after a gap, and
/// the first of all, finds the filter as if that sample had always been there, so that a step in the baseline does not ring.
/// </summary>
public sealed class IirFilter
{
    /// <summary>Quality of the mains notch: 2 Hz wide at 60 Hz.</summary>
    public const double NotchQuality = 30;

    /// <summary>States below this are rounded to 0: denormal numbers would be slow.</summary>
    private const double Negligible = 1e-30;

    private readonly Biquad[] _sections;
    private readonly double[] _first;
    private readonly double[] _second;
    private bool _settled;

    /// <param name="sections">In the order in which samples pass them; none = samples pass unchanged.</param>
    public IirFilter(params Biquad[] sections)
    {
        _sections = sections;
        _first = new double[sections.Length];
        _second = new double[sections.Length];
    }

    /// <summary>
    /// The usual chain for an ECG: mains notch, Butterworth high-pass of order 2 (baseline), Butterworth low-pass of order 4
    /// (muscle noise). A frequency of 0 leaves its filter out.
    /// </summary>
    /// <exception cref="Diagnostics.EdgeException">A frequency is not below half the sample rate.</exception>
    public static IirFilter ForEcg(double sampleRate, double highPass, double lowPass, double notch)
    {
        var sections = new List<Biquad>();
        if (notch != 0)
        {
            sections.Add(Biquad.Notch(notch, sampleRate, NotchQuality));
        }
        if (highPass != 0)
        {
            sections.Add(Biquad.HighPass(highPass, sampleRate));
        }
        if (lowPass != 0)
        {
            // The two sections of a Butterworth filter of order 4: Q = 1 / (2 cos(pi/8)) and 1 / (2 cos(3 pi/8)).
            sections.Add(Biquad.LowPass(lowPass, sampleRate, 1 / (2 * Math.Cos(Math.PI / 8))));
            sections.Add(Biquad.LowPass(lowPass, sampleRate, 1 / (2 * Math.Cos(3 * Math.PI / 8))));
        }
        return new IirFilter([.. sections]);
    }

    /// <summary>Samples by which waves around a frequency in Hz are late.</summary>
    public double GroupDelay(double frequency, double sampleRate) => _sections.Sum(s => s.GroupDelay(frequency, sampleRate));

    /// <summary>Takes one sample and gives one.</summary>
    public float Next(float sample)
    {
        if (float.IsNaN(sample))
        {
            _settled = false;
            return sample;
        }
        double value = sample;
        if (!_settled)
        {
            Settle(value);
            _settled = true;
        }
        // Transposed direct form II.
        for (int i = 0; i < _sections.Length; i++)
        {
            ref readonly Biquad section = ref _sections[i];
            double output = (section.B0 * value) + _first[i];
            _first[i] = Rounded((section.B1 * value) - (section.A1 * output) + _second[i]);
            _second[i] = Rounded((section.B2 * value) - (section.A2 * output));
            value = output;
        }
        return (float)value;
    }

    /// <summary>Filters a chunk; the result does not depend on how the stream is cut.</summary>
    /// <param name="output">As long as <paramref name="samples"/>; may be the same memory.</param>
    public void Process(ReadOnlySpan<float> samples, Span<float> output)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            output[i] = Next(samples[i]);
        }
    }

    private static double Rounded(double state) => Math.Abs(state) < Negligible ? 0 : state;

    /// <summary>The state after an endless constant.</summary>
    private void Settle(double value)
    {
        for (int i = 0; i < _sections.Length; i++)
        {
            ref readonly Biquad section = ref _sections[i];
            double output = value * (section.B0 + section.B1 + section.B2) / (1 + section.A1 + section.A2);
            _second[i] = (section.B2 * value) - (section.A2 * output);
            _first[i] = (section.B1 * value) - (section.A1 * output) + _second[i];
            value = output;
        }
    }
}
