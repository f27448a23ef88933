using System.Diagnostics;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Signals.Ecg;
using Edge.Runtime.Streaming;
using static Edge.Serve.Tests.TestStreams;

namespace Edge.Serve.Tests;

public class StreamTests
{
    [Fact]
    public void EveryFrameIsProcessedSkippedOrFailed()
    {
        using var folder = new TemporaryFolder();
        var recorder = new Recorder();
        using CameraStream stream = Camera(folder, () => new Frames(2000), recorder);
        Run(stream);
        Assert.Equal(2000, stream.Counters.Produced);
        Assert.Equal(2000, stream.Counters.Processed + stream.Counters.Skipped + stream.Counters.Failed);
        Assert.True(stream.Counters.Failed > 0 && stream.Counters.Processed > 0);
        StreamResult[] results = [.. recorder.Results.Where(r => r.Kind == "classes")];
        Assert.Equal(stream.Counters.Processed, results.Length);
        Assert.Equal(results.Select(r => r.Position), results.Select(r => r.Position).Order());
        Assert.All(results, r => Assert.Equal(stream.Model!.Current.Hash, r.Model));
    }

    /// <summary>An inference that takes five times as long as a frame: what is processed is never older than a period and an inference.</summary>
    [Fact]
    public void ASlowModelSeesNewFramesOnly()
    {
        using var folder = new TemporaryFolder();
        const int Period = 20;
        var ages = new List<(double Age, double Held)>();
        var recorder = new Recorder
        {
            Then = r =>
            {
                if (r.Kind == "classes")
                {
                    ages.Add((r.AgeMs!.Value, 0));
                    Thread.Sleep(5 * Period);
                }
            },
        };
        using CameraStream stream = Camera(folder, () => new SyntheticCamera(64, 48, 1000.0 / Period, 100), recorder, Fast with { Speed = 1 });
        Run(stream);
        Assert.Equal(100, stream.Counters.Processed + stream.Counters.Skipped);
        Assert.InRange(stream.Counters.Processed, 2, 40);
        // The machine may hold up a thread now and then: the usual age counts.
        Assert.InRange(ages.Select(a => a.Age).Order().ElementAt(ages.Count / 2), 0, (2 * Period) + 10);
    }

    [Fact]
    public void ACameraThatIsUnpluggedFiveHundredTimesComesBack()
    {
        using var folder = new TemporaryFolder();
        int opened = 0;
        int disposed = 0;
        using CameraStream stream = Camera(folder, () => new Frames(4, failAfter: Interlocked.Increment(ref opened) <= 500 ? 3 : int.MaxValue, onDispose: () => Interlocked.Increment(ref disposed)), new Recorder());
        Run(stream);
        Assert.Equal(501, opened);
        Assert.Equal(501, disposed);
        Assert.Equal(500, stream.Counters.Reconnects);
        Assert.Equal((500 * 3) + 4, stream.Counters.Produced);
        Assert.Equal(SourceState.Ended, stream.State);
    }

    [Fact]
    public void ACameraThatCannotBeOpenedIsTriedAgain()
    {
        using var folder = new TemporaryFolder();
        int tries = 0;
        var recorder = new Recorder();
        using CameraStream stream = Camera(folder, () => ++tries < 4 ? throw new EdgeException(EdgeError.SourceFailed, "it is not there") : new Frames(1), recorder);
        Run(stream);
        Assert.Equal(4, tries);
        Assert.Equal(3, recorder.Results.Count(r => r.Kind == "source" && r.Text!.Contains("it is not there", StringComparison.Ordinal)));
    }

    [Fact]
    public void AnExceptionOfAListenerCostsOneFrame()
    {
        using var folder = new TemporaryFolder();
        int seen = 0;
        var recorder = new Recorder { Then = r => _ = r.Kind == "classes" && ++seen == 2 ? throw new InvalidOperationException("a bug") : 0 };
        using CameraStream stream = Camera(folder, () => new SyntheticCamera(64, 48, 100, null), recorder, Fast with { Speed = 1 });
        stream.Start();
        TestSetting.Eventually(() => recorder.Results.Count(r => r.Kind == "classes") > 5, "results after the exception");
        Assert.True(stream.Stop(TestSetting.Patience));
        Assert.True(stream.Counters.Failed >= 1);
    }

    [Fact]
    public void ResultsThatAreNotFiniteAreNotGivenOut()
    {
        using var folder = new TemporaryFolder();
        var recorder = new Recorder();
        using var stream = new CameraStream(new CameraOptions { Live = Fast, Open = () => new SyntheticCamera(32, 32, 100, 5), Codec = new TestCodec(), Model = TestModels.Write(folder.Path("nan.edge"), float.NaN) });
        stream.Listen(recorder);
        Run(stream);
        Assert.DoesNotContain(recorder.Results, r => r.Kind == "classes");
        Assert.Equal(5, stream.Counters.Failed + stream.Counters.Skipped);
    }

    [Fact]
    public void ModelsThatDoNotFitAStreamAreRefused()
    {
        using var folder = new TemporaryFolder();
        string beats = TestModels.WriteBeats(folder.Path("beats.edge"));
        Assert.Equal(EdgeError.ModelRefused, Assert.Throws<EdgeException>(() => new CameraStream(new CameraOptions { Live = Fast, Open = () => new Frames(1), Codec = new TestCodec(), Model = beats })).Error);
        string image = TestModels.Write(folder.Path("image.edge"));
        Assert.Equal(EdgeError.ModelRefused, Assert.Throws<EdgeException>(() => new EcgStream(new EcgOptions { Live = Fast, Open = () => new SyntheticEcg(), Model = image })).Error);
        Assert.Equal(EdgeError.BadConfiguration, Assert.Throws<EdgeException>(() => new CameraStream(new CameraOptions { Live = Fast, Open = () => new Frames(1), Codec = new TestCodec(), Model = image, Boxes = new BoxRules(BoxLayout.Yolox, 0.5f, 0.5f, 10) })).Error);
        Assert.Equal(EdgeError.BadConfiguration, Assert.Throws<EdgeException>(() => new EcgStream(new EcgOptions { Live = Fast, Open = () => new SyntheticEcg(), Channel = 1 })).Error);
    }

    [Fact]
    public void TheStreamFindsTheBeatsThatTheDetectorFinds()
    {
        using var folder = new TemporaryFolder();
        var recorder = new Recorder();
        var options = new SyntheticEcgOptions { Length = 360 * 60, Noise = 0.05 };
        using var stream = new EcgStream(new EcgOptions { Live = Fast, Open = () => new SyntheticEcg(options), Model = TestModels.WriteBeats(folder.Path("b.edge")) });
        stream.Listen(recorder);
        Run(stream);
        using var source = new SyntheticEcg(options);
        var detector = new QrsDetector(360);
        var expected = new List<long>();
        for (int i = 0; i < 360 * 60; i++)
        {
            if (detector.Next(source.Next(out _), out QrsBeat beat))
            {
                expected.Add(beat.Sample);
            }
        }
        Assert.Equal(expected, recorder.Results.Where(r => r.Beat is not null).Select(r => r.Beat!.Sample));
        Assert.Equal((360 * 60L, 360 * 60L, 0L), (stream.Counters.Produced, stream.Counters.Processed, stream.Dropped));
        StreamResult[] classes = [.. recorder.Results.Where(r => r.Kind == "classes")];
        Assert.InRange(classes.Length, expected.Count - 2, expected.Count);
        // The R peak is the second sample of the window, within half a sample of 36 Hz.
        Assert.InRange(classes.Count(c => c.Classes![0].Label == "V"), 0.85 * classes.Length, classes.Length);
        Assert.Equal(72, recorder.Results.Last(r => r.Rhythm is not null).Rhythm!.HeartRate!.Value, 2.0);
    }

    /// <summary>NaN, infinities and numbers that are no voltage come from a broken source: the detector sees gaps, and no beats in them.</summary>
    [Fact]
    public void SamplesThatAreNoNumbersAreGaps()
    {
        var recorder = new Recorder();
        using var stream = new EcgStream(new EcgOptions { Live = Fast, Open = () => new Broken(new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 40 }), 360 * 10, 360 * 12) });
        stream.Listen(recorder);
        Run(stream);
        Assert.Equal(720, stream.Counters.Missing);
        Assert.DoesNotContain(recorder.Results, r => r.Beat?.Sample is >= 3600 and < 4320);
        Assert.Contains(recorder.Results, r => r.Quality is ["gap", ..]);
        Assert.All(recorder.Results.Where(r => r.Beat?.RrSeconds is not null), r => Assert.InRange(r.Beat!.RrSeconds!.Value, 0.5, 1.2));
    }

    /// <summary>
    /// The wall clock is set ten years ahead, then to 1970: the results carry what it says, and everything else is as it would have been.
    /// </summary>
    [Fact]
    public void SettingTheClockChangesTimeStampsOnly()
    {
        StreamResult[] Beats(TimeProvider clock, Action<StreamResult> then)
        {
            var recorder = new Recorder { Then = then };
            using var stream = new EcgStream(new EcgOptions { Live = Fast with { Time = clock }, Open = () => new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 40 }) });
            stream.Listen(recorder);
            Run(stream);
            Assert.Equal((360 * 40L, 360 * 40L, 0L), (stream.Counters.Produced, stream.Counters.Processed, stream.Counters.Missing));
            return [.. recorder.Results.Where(r => r.Beat is not null)];
        }
        var clock = new ManualTime();
        StreamResult[] expected = Beats(TimeProvider.System, _ => { });
        StreamResult[] found = Beats(clock, r => clock.Utc = r.Beat?.Sample switch
        {
            > 360 * 25 => DateTimeOffset.UnixEpoch,
            > 360 * 10 => clock.Utc.Year < 2030 ? clock.Utc.AddYears(10) : clock.Utc,
            _ => clock.Utc,
        });
        Assert.Equal(expected.Select(r => r.Beat), found.Select(r => r.Beat));
        Assert.All(found, r => Assert.InRange(r.AgeMs!.Value, 0, TestSetting.Patience.TotalMilliseconds));
        Assert.Equal([2026, 2036, 1970], found.Select(r => r.Time.Year).Distinct());
    }

    [Fact]
    public void ASourceThatComesAndGoesIsAGapAndComesBack()
    {
        int opened = 0;
        var recorder = new Recorder();
        LiveOptions live = Fast with { LeastBackoff = TimeSpan.FromMilliseconds(150), MostBackoff = TimeSpan.FromMilliseconds(150) };
        using var stream = new EcgStream(new EcgOptions
        {
            Live = live,
            Open = () => new Failing(new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 10, Seed = ++opened }), fails: opened < 3),
        });
        stream.Listen(recorder);
        Run(stream);
        Assert.Equal((3, 2L), (opened, stream.Counters.Reconnects));
        Assert.True(stream.Counters.Missing >= 36, "the time away is missing samples");
        Assert.Equal(stream.Counters.Produced, stream.Counters.Processed);
        Assert.Equal(3, recorder.Results.Count(r => r is { Kind: "source", Text: "live" }));
    }

    [Fact]
    public void ASourceThatComesBackWithAnotherRateIsRefused()
    {
        int opened = 0;
        using var stream = new EcgStream(new EcgOptions
        {
            Live = Fast,
            Open = () => new Failing(new SyntheticEcg(new SyntheticEcgOptions { SampleRate = ++opened == 1 ? 360 : 250, Length = 100 }), fails: true),
        });
        stream.Start();
        TestSetting.Eventually(() => stream.Problem?.Contains("250 Hz", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void ALateBeatDoesNotDependOnTheCamera()
    {
        using var folder = new TemporaryFolder();
        using CameraStream camera = Camera(folder, () => new SyntheticCamera(640, 480, 1000, null), new Recorder { Then = _ => Thread.Sleep(20) });
        using var ecg = new EcgStream(new EcgOptions { Live = Fast with { Name = "e", Speed = 20 }, Open = () => new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 60 }) });
        camera.Start();
        Run(ecg);
        Assert.Equal((0L, 360 * 60L), (ecg.Dropped, ecg.Counters.Processed));
    }

    [Fact]
    public void AStageThatHangsShows()
    {
        var clock = new StageClock("stage");
        Assert.Null(clock.BusyFor);
        clock.Begin();
        Thread.Sleep(20);
        Assert.True(clock.BusyFor > TimeSpan.FromMilliseconds(15));
        clock.Wait();
        Assert.Null(clock.BusyFor);
    }

    [Fact]
    public void ARecordingThatRepeatsHasASeam()
    {
        using var source = new RepeatedSignal(() => new SyntheticEcg(new SyntheticEcgOptions { Length = 100 }));
        var samples = new float[1000];
        int count = 0;
        while (count < samples.Length)
        {
            count += source.Read(samples.AsSpan(count));
        }
        Assert.All(samples[100..460], s => Assert.True(float.IsNaN(s)));
        Assert.Equal(samples[..100], samples[460..560]);
        using var empty = new RepeatedSignal(() => new SyntheticEcg(new SyntheticEcgOptions { Length = 0 }));
        Assert.Equal(0, empty.Read(samples));
    }

    private static CameraStream Camera(TemporaryFolder folder, Func<IImageSource> open, IStreamListener listener, LiveOptions? live = null)
    {
        var stream = new CameraStream(new CameraOptions { Live = live ?? Fast, Open = open, Codec = new TestCodec(), Model = TestModels.Write(folder.Path("m.edge")) });
        stream.Listen(listener);
        return stream;
    }

    /// <summary>JPEG frames of which every seventh is damaged; fails after a number of frames.</summary>
    private sealed class Frames(int count, int failAfter = int.MaxValue, Action? onDispose = null) : IImageSource
    {
        private int _next;

        public double? Rate => null;

        public long BadFrames => 0;

        public bool Read(ImageFrame frame)
        {
            if (_next == failAfter)
            {
                throw new EdgeException(EdgeError.SourceFailed, "unplugged");
            }
            if (_next == count)
            {
                return false;
            }
            frame.SetJpeg(_next % 7 == 6 ? [0xFF, 0xD8] : [0xFF, 0xD8, (byte)_next]);
            frame.Sequence = _next++;
            frame.Timestamp = Stopwatch.GetTimestamp();
            Thread.SpinWait(2000);
            return true;
        }

        public void Dispose() => onDispose?.Invoke();
    }

    /// <summary>A source that fails where it should end.</summary>
    private sealed class Failing(ISignalSource inner, bool fails) : ISignalSource
    {
        public IReadOnlyList<ChannelInfo> Channels => inner.Channels;

        public double SampleRate => inner.SampleRate;

        public long? Length => null;

        public int Read(Span<float> frames) => inner.Read(frames) is > 0 and int count ? count : fails ? throw new EdgeException(EdgeError.SourceFailed, "unplugged") : 0;

        public void Dispose() => inner.Dispose();
    }
}
