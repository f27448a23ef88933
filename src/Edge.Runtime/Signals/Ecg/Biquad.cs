using System.Numerics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Coefficients of a second-order section: H(z) = (B0 + B1/z + B2/z^2) / (1 + A1/z + A2/z^2). Designs by the bilinear transform
/// with prewarping (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients").
/// </summary>
public readonly record struct Biquad(double B0, double B1, double B2, double A1, double A2)
{
    /// <summary>Quality of a second-order Butterworth section.</summary>
    public const double ButterworthQuality = 0.70710678118654752;

    /// <summary>12 dB per octave below <paramref name="frequency"/>; 0 at a constant.</summary>
    /// <param name="frequency">Corner in Hz, above 0 and below half the sample rate.</param>
    public static Biquad HighPass(double frequency, double sampleRate, double quality = ButterworthQuality)
    {
        (double cosine, double alpha) = Angle(frequency, sampleRate, quality);
        return Normalized((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>12 dB per octave above <paramref name="frequency"/>; 1 at a constant.</summary>
    public static Biquad LowPass(double frequency, double sampleRate, double quality = ButterworthQuality)
    {
        (double cosine, double alpha) = Angle(frequency, sampleRate, quality);
        return Normalized((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>0 at <paramref name="frequency"/>; -3 dB at frequency / quality apart.</summary>
    public static Biquad Notch(double frequency, double sampleRate, double quality)
    {
        (double cosine, double alpha) = Angle(frequency, sampleRate, quality);
        return Normalized(1, -2 * cosine, 1, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>|H| at a frequency in Hz.</summary>
    public double Gain(double frequency, double sampleRate) => Response(2 * Math.PI * frequency / sampleRate).Magnitude;

    /// <summary>Samples by which waves around a frequency in Hz are late; may be negative.</summary>
    public double GroupDelay(double frequency, double sampleRate)
    {
        const double Step = 1e-5;
        double angle = 2 * Math.PI * frequency / sampleRate;
        return (Response(angle - Step) / Response(angle + Step)).Phase / (2 * Step);
    }

    private Complex Response(double angle)
    {
        Complex z = Complex.FromPolarCoordinates(1, -angle);
        return (B0 + (z * (B1 + (z * B2)))) / (1 + (z * (A1 + (z * A2))));
    }

    private static (double Cosine, double Alpha) Angle(double frequency, double sampleRate, double quality)
    {
        if (!(frequency > 0 && frequency < sampleRate / 2 && quality > 0))
        {
            throw new EdgeException(EdgeError.BadSignal, $"a filter at {frequency} Hz for {sampleRate} samples per second", "the frequency is above 0 and below half the sample rate");
        }
        double angle = 2 * Math.PI * frequency / sampleRate;
        return (Math.Cos(angle), Math.Sin(angle) / (2 * quality));
    }

    private static Biquad Normalized(double b0, double b1, double b2, double a0, double a1, double a2) => new(b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0);
}
