using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>What a comparison needs of one annotator: its beats, and the intervals in which beats do not count.</summary>
internal sealed class BeatTrack
{
    /// <summary>Bits of the subtype of a signal quality annotation: signals 0 and 1 are unreadable.</summary>
    private const int BothUnreadable = 0x30;

    private const long Never = long.MaxValue;

    private readonly List<(long Sample, BeatClass Class)> _beats = [];
    private readonly List<(long From, long To)> _fibrillation = [];
    private readonly List<(long From, long To)> _shutdown = [];

    /// <param name="annotations">In any order.</param>
    /// <param name="window">Match window in samples.</param>
    public BeatTrack(IEnumerable<WfdbAnnotation> annotations, long window)
    {
        WfdbAnnotation[] sorted = [.. annotations.OrderBy(a => a.Sample)];
        for (int i = 0; i < sorted.Length; i++)
        {
            WfdbAnnotation annotation = sorted[i];
            if (AnnotationCodes.IsBeat(annotation.Code))
            {
                _beats.Add((annotation.Sample, BeatClasses.Of(annotation.Code)));
            }
            else if (annotation.Code == AnnotationCode.SignalQuality && IsShutdown(annotation))
            {
                i = AddShutdown(sorted, i, window);
            }
            else if (annotation.Code == AnnotationCode.FlutterStart)
            {
                // Nothing within ventricular fibrillation is read.
                int end = Array.FindIndex(sorted, i, a => a.Code == AnnotationCode.FlutterEnd);
                _fibrillation.Add((annotation.Sample, end < 0 ? Never : sorted[end].Sample));
                i = end < 0 ? sorted.Length : end;
            }
        }
    }

    public int Count => _beats.Count;

    public (long Sample, BeatClass Class) this[int index] => _beats[index];

    public bool InFibrillation(long sample) => Contains(_fibrillation, sample);

    public bool InShutdown(long sample) => Contains(_shutdown, sample);

    /// <summary>Samples of shutdown before <paramref name="end"/>.</summary>
    public long ShutdownLength(long end) => _shutdown.Sum(s => Math.Max(0, Math.Min(s.To, end) - s.From));

    /// <summary>The interval before a beat; 0 where there is none or fibrillation or shutdown begins within it.</summary>
    public long Interval(int index)
    {
        if (index < 1 || index >= _beats.Count)
        {
            return 0;
        }
        long from = _beats[index - 1].Sample;
        long to = _beats[index].Sample;
        bool broken = BeginsWithin(_fibrillation, from, to) || BeginsWithin(_shutdown, from, to);
        return broken || from == 0 ? 0 : to - from;
    }

    private static bool IsShutdown(WfdbAnnotation annotation) => (annotation.Subtype & BothUnreadable) == BothUnreadable;

    private static bool BeginsWithin(List<(long From, long To)> intervals, long from, long to)
    {
        foreach ((long start, _) in intervals)
        {
            if (from <= start && start < to)
            {
                return true;
            }
        }
        return false;
    }

    private static bool Contains(List<(long From, long To)> intervals, long sample) => intervals.Exists(s => s.From <= sample && sample <= s.To);

    /// <summary>
    /// Shutdown lasts to the next signal quality annotation. Where another annotation comes first (AHA database), the mark is
    /// somewhere in the middle: the shutdown fills the time between its neighbours, except a match window at both ends.
    /// </summary>
    /// <returns>Index of the last annotation used.</returns>
    private int AddShutdown(WfdbAnnotation[] sorted, int index, long window)
    {
        if (index + 1 == sorted.Length)
        {
            _shutdown.Add((sorted[index].Sample, Never));
            return index;
        }
        WfdbAnnotation next = sorted[index + 1];
        if (next.Code == AnnotationCode.SignalQuality && !IsShutdown(next))
        {
            _shutdown.Add((sorted[index].Sample, next.Sample));
            return index + 1;
        }
        long beat = _beats.Count > 0 ? _beats[^1].Sample : 0;
        long fibrillation = _fibrillation.Count > 0 ? _fibrillation[^1].To : -1;
        long to = next.Sample - window;
        _shutdown.Add((Math.Min(Math.Max(beat, fibrillation) + window, to), to));
        return index;
    }
}
