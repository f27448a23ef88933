namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Decides which candidates are beats. Every sequence of candidates has a score: how much each stands out from what beats and
/// noise looked like lately, less the cost of unlikely intervals. A candidate is a beat if it is part of the best sequence among
/// the candidates known <see cref="QrsSettings.LookAhead"/> after it (the Viterbi algorithm with a fixed lag), so a weak wave
/// is accepted where a beat is due, and a strong one rejected beside a stronger.
/// </summary>
internal sealed class QrsDecoder
{
    /// <summary>Beats from which the usual level is learned at first.</summary>
    private const int LearningBeats = 4;

    /// <summary>What beats reach of the largest wave while learning: ln 0.8.</summary>
    private const double LearningShare = -0.22;

    /// <summary>A single beat or wave moves a logarithm by this much at most, before the rate.</summary>
    private const double MostRise = 0.7;
    private const double MostChange = 1;

    /// <summary>After a gap of so many seconds the electrodes may be new ones: levels are learned again.</summary>
    private const double ForgetAfter = 5;

    private const double FirstInterval = 0.8;
    private const double ShortestInterval = 0.3;
    private const double LongestInterval = 1.6;
    private const int MostPending = 64;

    private readonly QrsSettings _settings;
    private readonly double _sampleRate;
    private readonly double _noiseFloor;
    private readonly QrsCandidate[] _pending = new QrsCandidate[MostPending];
    private readonly double[] _scores = new double[MostPending];
    private readonly int[] _previous = new int[MostPending];
    private int _count;
    private int _beats;
    private QrsCandidate? _last;
    private long _lastDecided;
    private long _gapStart;
    private long _gapEnd = -1;
    private double _level = double.NegativeInfinity;
    private double _sharpness;
    private double _noise;
    private double _interval = FirstInterval;

    public QrsDecoder(QrsSettings settings, double sampleRate)
    {
        _settings = settings;
        _sampleRate = sampleRate;
        _noiseFloor = Math.Log(settings.NoiseFloor);
        _noise = _noiseFloor;
        LookAhead = (int)Math.Round(settings.LookAhead * sampleRate);
    }

    /// <summary>Samples between a candidate and its decision.</summary>
    public int LookAhead { get; }

    /// <summary>Says that a sample is missing: an interval across it tells nothing.</summary>
    public void AddMissing(long sample)
    {
        if (sample != _gapEnd)
        {
            _gapStart = sample;
        }
        _gapEnd = sample + 1;
        if (Seconds(_gapStart, _gapEnd) > ForgetAfter && _beats > 0)
        {
            _beats = 0;
            _level = double.NegativeInfinity;
            _noise = _noiseFloor;
        }
    }

    /// <summary>Adds the next candidate; later than all before.</summary>
    public void Add(QrsCandidate candidate)
    {
        if (_count == MostPending)
        {
            return; // cannot be: the separation of candidates leaves room for all within the look-ahead
        }
        _pending[_count++] = candidate;
        if (_beats < LearningBeats && candidate.Level + LearningShare > _level)
        {
            _level = candidate.Level + LearningShare;
            _sharpness = candidate.Sharpness + LearningShare;
        }
    }

    /// <summary>Decides the oldest candidate, if it is due.</summary>
    /// <param name="known">All candidates up to this sample have been added.</param>
    /// <param name="isBeat">Whether <paramref name="candidate"/> is a beat.</param>
    /// <returns>Whether there was one to decide.</returns>
    public bool TryDecide(long known, out QrsCandidate candidate, out bool isBeat)
    {
        if (_count == 0 || _pending[0].Sample + LookAhead > known)
        {
            candidate = default;
            isBeat = false;
            return false;
        }
        candidate = _pending[0];
        isBeat = FirstIsInBestSequence(candidate.Sample + LookAhead);
        if (isBeat)
        {
            LearnBeat(candidate);
        }
        else
        {
            LearnNoise(candidate);
        }
        _lastDecided = candidate.Sample;
        _count--;
        _pending.AsSpan(1, _count).CopyTo(_pending);
        return true;
    }

    private double Seconds(long from, long to) => (to - from) / _sampleRate;

    private bool SpansGap(long from, long to) => from < _gapEnd && to >= _gapEnd;

    private bool FirstIsInBestSequence(long end)
    {
        double best = _last is { } last ? Waiting(last.Sample, end) : 0;
        int bestLast = -1;
        for (int k = 0; k < _count && _pending[k].Sample <= end; k++)
        {
            ref readonly QrsCandidate candidate = ref _pending[k];
            double score = _last is { } before ? Transition(before, candidate) : 0;
            int previous = -1;
            for (int j = 0; j < k; j++)
            {
                double through = _scores[j] + Transition(_pending[j], candidate);
                if (through > score)
                {
                    score = through;
                    previous = j;
                }
            }
            _scores[k] = score + Evidence(candidate);
            _previous[k] = previous;
            double total = _scores[k] + Waiting(candidate.Sample, end);
            if (total > best)
            {
                best = total;
                bestLast = k;
            }
        }
        while (bestLast > 0)
        {
            bestLast = _previous[bestLast];
        }
        return bestLast == 0;
    }

    /// <summary>How much a candidate looks like a beat by itself.</summary>
    private double Evidence(in QrsCandidate candidate)
    {
        double threshold = _level + (_settings.NoiseShare * (Math.Max(_noise, _noiseFloor) - _level));
        double level = _settings.LevelWeight * (candidate.Level - threshold + _settings.Bias);
        double sharp = _settings.SharpWeight * (candidate.Sharpness - candidate.Level - (_sharpness - _level));
        return Math.Clamp(level + sharp, _settings.LeastScore, _settings.MostScore);
    }

    /// <summary>Score of two beats following each other: not within the refractory time, not a P wave and a beat, nor a beat and a T wave.</summary>
    private double Transition(in QrsCandidate from, in QrsCandidate to)
    {
        double seconds = Seconds(from.Sample, to.Sample);
        if (seconds < _settings.Refractory)
        {
            return double.NegativeInfinity;
        }
        if (SpansGap(from.Sample, to.Sample))
        {
            return 0;
        }
        double shortfall = Math.Max(0, 1 - (seconds / (_settings.ShortInterval * _interval)));
        double score = Overdue(seconds) - (_settings.ShortCost * shortfall);
        if (seconds < _settings.WaveTime)
        {
            double early = (_settings.WaveTime - seconds) / (_settings.WaveTime - _settings.Refractory);
            double blunter = from.Sharpness - to.Sharpness;
            double tWave = _settings.TWaveCost * Math.Max(0, Math.Log(_settings.TWaveSharpness) + blunter);
            double pWave = _settings.PWaveCost * Math.Max(0, Math.Log(_settings.PWaveSharpness) - blunter);
            score -= (tWave + pWave) * early;
        }
        return score;
    }

    /// <summary>Score of no beat between two samples.</summary>
    private double Waiting(long from, long to) => SpansGap(from, to) ? 0 : Overdue(Seconds(from, to));

    /// <summary>Score of no beat for so long; 0 at best.</summary>
    private double Overdue(double seconds) => -_settings.LongCost * Math.Max(0, Math.Log(seconds / (_settings.LongInterval * _interval)));

    private void LearnBeat(in QrsCandidate beat)
    {
        if (_last is { } last && !SpansGap(last.Sample, beat.Sample))
        {
            double change = Math.Clamp(Seconds(last.Sample, beat.Sample), 0.6 * _interval, 1.6 * _interval) - _interval;
            double rate = change > 0 ? _settings.LengthenRate : _settings.ShortenRate;
            _interval = Math.Clamp(_interval + (rate * change), ShortestInterval, LongestInterval);
        }
        double levelRate = beat.Level > _level ? _settings.RiseRate : _settings.FallRate;
        _level += levelRate * Math.Clamp(beat.Level - _level, -MostChange, MostRise);
        _sharpness += levelRate * Math.Clamp(beat.Sharpness - _sharpness, -MostChange, MostRise);
        _last = beat;
        _beats++;
    }

    private void LearnNoise(in QrsCandidate wave)
    {
        _noise += _settings.NoiseRate * Math.Clamp(wave.Level - _noise, -MostChange, MostChange);
        // The time of a gap is no silence.
        long since = _last is { } last ? SpansGap(last.Sample, wave.Sample) ? _gapEnd : last.Sample : wave.Sample;
        double silent = Seconds(since, wave.Sample) - _settings.Patience;
        double sunk = _settings.SinkRate * Math.Clamp(silent, 0, Seconds(Math.Max(since, _lastDecided), wave.Sample));
        if (_level > Math.Max(_noise, _noiseFloor))
        {
            _level -= sunk;
            _sharpness -= sunk;
        }
    }
}
