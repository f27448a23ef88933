namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Interpolates short runs of missing samples on a straight line and leaves longer ones missing. To know which is which, the
/// stream is delayed by the longest run that is bridged.
/// </summary>
public sealed class GapBridge
{
    /// <summary>Larger samples, in mV, are no ECG.</summary>
    private const float MostAmplitude = 1e5f;

    private readonly float[] _ring;
    private long _position;
    private long _lastPresent = -1;

    /// <param name="longest">Samples of the longest run that is bridged, 0 or more.</param>
    public GapBridge(int longest)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(longest);
        Delay = longest;
        _ring = new float[longest + 1];
    }

    /// <summary>Samples by which the output is late.</summary>
    public int Delay { get; }

    /// <summary>Takes the next sample: NaN, infinities and absurd values (beyond 100 V) count as missing.</summary>
    /// <param name="settled">The sample of <see cref="Delay"/> calls before: a number, or NaN in a gap.</param>
    /// <returns>False for the first <see cref="Delay"/> calls.</returns>
    public bool Next(float sample, out float settled)
    {
        if (Math.Abs(sample) <= MostAmplitude)
        {
            Bridge(sample);
            _lastPresent = _position;
        }
        else
        {
            sample = float.NaN;
        }
        At(_position) = sample;
        long oldest = _position - Delay;
        _position++;
        settled = oldest >= 0 ? At(oldest) : float.NaN;
        return oldest >= 0;
    }

    /// <summary>Fills the run of missing samples before the sample that comes now.</summary>
    private void Bridge(float sample)
    {
        long run = _position - 1 - _lastPresent;
        if (run < 1 || run > Delay || _lastPresent < 0)
        {
            return;
        }
        // The last present sample may have left the ring by one place only if the run were longer than the delay.
        float from = At(_lastPresent);
        for (long k = 1; k <= run; k++)
        {
            At(_lastPresent + k) = from + ((sample - from) * k / (run + 1));
        }
    }

    private ref float At(long position) => ref _ring[(int)(position % _ring.Length)];
}
