using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Changes the sample rate by a ratio of integers with a polyphase low-pass filter (windowed sinc, Kaiser window, more than 70 dB
/// down where frequencies would fold). Output sample j belongs exactly to the time j / <see cref="OutputRate"/>; it comes out
/// <see cref="Delay"/> input samples later. Missing samples stay missing: an output between input samples of which one is missing is NaN.
/// </summary>
public sealed class RationalResampler
{
    /// <summary>Largest numerator and denominator of the ratio.</summary>
    public const int MostTerms = 4096;

    /// <summary>Zero crossings of the sinc on each side, at the lower of the two rates.</summary>
    private const int Crossings = 16;

    private const double KaiserBeta = 7.5;

    /// <summary>Cut-off as a part of half the lower rate.</summary>
    private const double CutOff = 0.9;

    private readonly int _up;
    private readonly int _down;
    private readonly int _half;
    private readonly float[] _taps;
    private readonly SampleHistory _samples;
    private readonly bool[] _missing;
    private long _outputs;
    private float _held;

    /// <param name="inputRate">Samples per second that come in.</param>
    /// <param name="outputRate">Samples per second that go out.</param>
    /// <exception cref="EdgeException">The rates have no ratio of integers up to <see cref="MostTerms"/>, or one is more than 100 times the other.</exception>
    public RationalResampler(double inputRate, double outputRate)
    {
        (_up, _down) = Ratio(inputRate, outputRate);
        InputRate = inputRate;
        OutputRate = outputRate;
        _half = _up >= _down ? Crossings : (int)Math.Ceiling(Crossings * (double)_down / _up);
        Delay = _half;
        _taps = Design(_up, _down, _half);
        _samples = new SampleHistory((2 * _half) + 2);
        _missing = new bool[(2 * _half) + 2];
    }

    public double InputRate { get; }

    public double OutputRate { get; }

    /// <summary>Input samples after the time of an output sample that are needed for it.</summary>
    public int Delay { get; }

    /// <summary>Output samples that <paramref name="inputs"/> input samples give at most.</summary>
    public int MostOutputs(int inputs) => (int)(((long)inputs * _up / _down) + 1);

    /// <summary>The time of an input sample in output samples, to the nearest.</summary>
    public long ToOutput(long input) => (long)Math.Floor(((decimal)input * _up / _down) + 0.5m);

    /// <summary>Takes the next samples.</summary>
    /// <param name="output">Room for <see cref="MostOutputs"/> samples.</param>
    /// <returns>Samples written.</returns>
    public int Process(ReadOnlySpan<float> input, Span<float> output)
    {
        int count = 0;
        foreach (float sample in input)
        {
            Append(sample);
            // Output j lies at the input position j * down / up; it needs half a filter after it.
            while (_outputs * _down / _up <= _samples.Count - 1 - _half)
            {
                output[count++] = Output(_outputs * _down / _up, (int)(_outputs * _down % _up));
                _outputs++;
            }
        }
        return count;
    }

    /// <summary>Before the first sample and in gaps the filter sees the nearest sample before.</summary>
    private void Append(float sample)
    {
        bool missing = float.IsNaN(sample);
        if (_samples.Count == 0)
        {
            _held = missing ? 0 : sample;
        }
        _held = missing ? _held : sample;
        _missing[(int)(_samples.Count % _missing.Length)] = missing;
        _samples.Append(_held);
    }

    /// <param name="position">The input sample at or before the output's time.</param>
    /// <param name="phase">Its distance, in 1 / up of an input sample.</param>
    private float Output(long position, int phase)
    {
        if (IsMissing(position) || (phase > 0 && IsMissing(position + 1)))
        {
            return float.NaN;
        }
        ReadOnlySpan<float> taps = _taps.AsSpan(phase * 2 * _half, 2 * _half);
        float sum = 0;
        for (int k = 0; k < taps.Length; k++)
        {
            sum += taps[k] * _samples[Math.Max(0, position - _half + 1 + k)];
        }
        return sum;
    }

    private bool IsMissing(long position) => _missing[(int)(position % _missing.Length)];

    /// <summary>For each phase the weights of 2 * half input samples; each phase sums to 1, so that a constant stays exact.</summary>
    private static float[] Design(int up, int down, int half)
    {
        double cutOff = CutOff * Math.Min(1, (double)up / down);
        var taps = new float[up * 2 * half];
        var phase = new double[2 * half];
        for (int p = 0; p < up; p++)
        {
            double sum = 0;
            for (int k = 0; k < phase.Length; k++)
            {
                double distance = k - half + 1 - ((double)p / up);
                phase[k] = Sinc(cutOff * distance) * Kaiser(distance / half);
                sum += phase[k];
            }
            for (int k = 0; k < phase.Length; k++)
            {
                taps[(p * phase.Length) + k] = (float)(phase[k] / sum);
            }
        }
        return taps;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private static double Kaiser(double x) => Math.Abs(x) >= 1 ? 0 : Bessel(KaiserBeta * Math.Sqrt(1 - (x * x))) / Bessel(KaiserBeta);

    /// <summary>Modified Bessel function of order 0, by its power series.</summary>
    private static double Bessel(double x)
    {
        double sum = 1;
        double term = 1;
        for (int k = 1; term > 1e-12 * sum; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }
        return sum;
    }

    /// <summary>The ratio in lowest terms, by continued fraction.</summary>
    private static (int Up, int Down) Ratio(double inputRate, double outputRate)
    {
        double ratio = outputRate / inputRate;
        if (inputRate > 0 && double.IsFinite(ratio) && ratio is >= 0.01 and <= 100)
        {
            (long up, long previousUp) = (1, 0);
            (long down, long previousDown) = (0, 1);
            double rest = ratio;
            for (int step = 0; step < 32; step++)
            {
                long whole = (long)Math.Floor(rest);
                (up, previousUp) = ((whole * up) + previousUp, up);
                (down, previousDown) = ((whole * down) + previousDown, down);
                if (up > MostTerms || down > MostTerms)
                {
                    break;
                }
                if (Math.Abs(((double)up / down) - ratio) <= 1e-9 * ratio)
                {
                    return ((int)up, (int)down);
                }
                rest = 1 / (rest - whole);
            }
        }
        throw new EdgeException(
            EdgeError.BadSignal, $"{inputRate} Hz cannot be resampled to {outputRate} Hz", $"the rates need a ratio of integers up to {MostTerms} that is between 1/100 and 100");
    }
}
