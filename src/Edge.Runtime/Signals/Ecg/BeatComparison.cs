using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>How beats are compared.</summary>
public sealed record BeatComparisonOptions
{
    /// <summary>A detected beat matches a reference beat at most this far away.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Where the comparison starts: before it detectors may learn.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// Beat-by-beat comparison of two annotation files by the rules of ANSI/AAMI EC38 and EC57, as PhysioNet's program bxb implements
/// them: each reference beat is paired with the nearest test beat within the match window; test beats during ventricular
/// fibrillation in the reference are not counted; beats without a partner pair with O, or with X while a signal is shut down.
/// </summary>
public sealed class BeatComparison
{
    private const long Never = long.MaxValue / 4;

    private readonly BeatTrack _reference;
    private readonly BeatTrack _test;
    private readonly BeatConfusion _result;
    private readonly List<(long Reference, long Test)> _pairs = [];
    private readonly long _window;
    private readonly long _start;
    private readonly long _end;
    private int _r;
    private int _t;

    private BeatComparison(BeatTrack reference, BeatTrack test, double sampleRate, long frames, long window, long start)
    {
        _reference = reference;
        _test = test;
        _window = window;
        _start = start;
        _end = frames > 0 ? frames : -1;
        _result = new BeatConfusion { SampleRate = sampleRate };
    }

    private long Reference => At(_reference, _r);

    private long NextReference => At(_reference, _r + 1);

    private long Test => At(_test, _t);

    private long NextTest => At(_test, _t + 1);

    /// <summary>Compares <paramref name="test"/> with <paramref name="reference"/>.</summary>
    /// <param name="sampleRate">Samples per second of both.</param>
    /// <param name="frames">Length of the record in samples; 0 = to the last reference beat.</param>
    /// <exception cref="EdgeException">The rate, the window or the start is out of range.</exception>
    public static BeatConfusion Compare(IEnumerable<WfdbAnnotation> reference, IEnumerable<WfdbAnnotation> test, double sampleRate, long frames, BeatComparisonOptions? options = null)
    {
        options ??= new BeatComparisonOptions();
        if (!(sampleRate > 0) || options.Window < TimeSpan.Zero || options.Start < TimeSpan.Zero)
        {
            throw new EdgeException(EdgeError.BadSignal, $"the sample rate is {sampleRate}, the match window {options.Window}, the start {options.Start}", "the rate is more than 0, window and start are not negative");
        }
        long window = Samples(options.Window, sampleRate);
        var comparison = new BeatComparison(new BeatTrack(reference, window), new BeatTrack(test, window), sampleRate, frames, window, Samples(options.Start, sampleRate));
        comparison.Run();
        return comparison._result;
    }

    /// <summary>The beats of both that belong together, as samples, by the same rules from the first beat on.</summary>
    /// <inheritdoc cref="Compare"/>
    public static IReadOnlyList<(long Reference, long Test)> Pairs(IEnumerable<WfdbAnnotation> reference, IEnumerable<WfdbAnnotation> test, double sampleRate)
    {
        long window = Samples(new BeatComparisonOptions().Window, sampleRate);
        var comparison = new BeatComparison(new BeatTrack(reference, window), new BeatTrack(test, window), sampleRate, 0, window, 0);
        comparison.Run();
        return comparison._pairs;
    }

    private static long Samples(TimeSpan time, double rate) => (long)((time.TotalSeconds * rate) + 0.5);

    private static long At(BeatTrack track, int index) => index < 0 ? -Never : index < track.Count ? track[index].Sample : Never;

    private static int FirstFrom(BeatTrack track, long sample)
    {
        int index = 0;
        while (index < track.Count && track[index].Sample < sample)
        {
            index++;
        }
        return index;
    }

    private void Run()
    {
        AlignStart();
        while (_end > 0 ? Reference <= _end || Test <= _end : Reference != Never)
        {
            if (Test < Reference)
            {
                if (Reference - Test <= _window && Reference - Test < Math.Abs(Reference - NextTest))
                {
                    Pair();
                }
                else
                {
                    Extra();
                }
            }
            else if (Test - Reference <= _window && Test - Reference < Math.Abs(Test - NextReference))
            {
                Pair();
            }
            else
            {
                Missed();
            }
        }
    }

    /// <summary>
    /// A test beat just before the start may belong to the first reference beat; one just after it without a partner belongs to
    /// a reference beat before the start and is not counted.
    /// </summary>
    private void AlignStart()
    {
        _r = FirstFrom(_reference, _start);
        _t = FirstFrom(_test, _start) - 1;
        if (Reference - Test < Math.Abs(Reference - NextTest) && Reference - Test <= _window)
        {
            Pair();
            return;
        }
        _t++;
        if (Test - _start <= _window && Math.Abs(Reference - NextTest) < Math.Abs(Reference - Test))
        {
            _t++;
        }
    }

    private void Pair()
    {
        Count(_reference[_r].Class, _test[_t].Class);
        _pairs.Add((Reference, Test));
        _r++;
        _t++;
    }

    private void Extra()
    {
        if (!_reference.InFibrillation(Test))
        {
            Count(_reference.InShutdown(Test) ? BeatClass.Shutdown : BeatClass.None, _test[_t].Class);
        }
        _t++;
    }

    private void Missed()
    {
        Count(_reference[_r].Class, _test.InShutdown(Reference) ? BeatClass.Shutdown : BeatClass.None);
        _r++;
    }

    private void Count(BeatClass reference, BeatClass test)
    {
        _result.Add(reference, test);
        long expected = _reference.Interval(_r);
        long measured = _test.Interval(_t);
        if (expected > 0 && measured > 0)
        {
            _result.AddIntervalError(expected - measured);
        }
    }
}
