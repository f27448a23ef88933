using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Sinks;
using Edge.Serve.Storage;

namespace Edge.Serve.Tests;

public class SinkTests
{
    private static readonly LiveOptions Fast = new() { Name = "heart", Speed = 0 };

    [Fact]
    public void EachResultIsALineOfJson()
    {
        using var folder = new TemporaryFolder();
        var config = new SinkConfig { Kind = "jsonl", Path = folder.Path("r.jsonl"), Results = ["beat"] };
        using (var sink = new JsonLinesSink(config, "sink", () => JsonLinesSink.OpenFile(config.Path!)))
        {
            RunEcg(sink, 30);
        }
        JsonElement[] lines = [.. File.ReadLines(folder.Path("r.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.InRange(lines.Length, 30, 40);
        Assert.All(lines, l => Assert.Equal("beat", l.GetProperty("kind").GetString()));
        Assert.Equal(72, lines[^1].GetProperty("beat").GetProperty("heart_rate").GetDouble(), 5.0);
    }

    /// <summary>/dev/full refuses every write, as a full disk does: results are counted as lost, and the stream goes on.</summary>
    [Fact]
    public void AFullDiskCostsResultsButNoSamples()
    {
        using var sink = new JsonLinesSink(new SinkConfig { Kind = "jsonl" }, "sink", () => JsonLinesSink.OpenFile("/dev/full"));
        StreamCounters counters = RunEcg(sink, 30);
        TestSetting.Eventually(() => sink.Waiting == 0);
        Assert.Equal(360 * 30, counters.Processed);
        TestSetting.Eventually(() => sink.Dropped == counters.Results);
        Assert.Equal(0, sink.Written);
        Assert.NotNull(sink.Problem);
    }

    [Fact]
    public void ADiskThatHasSpaceAgainIsUsedAgain()
    {
        int opened = 0;
        var good = new MemoryStream();
        using var sink = new JsonLinesSink(new SinkConfig { Kind = "jsonl" }, "sink", () => ++opened < 4 ? JsonLinesSink.OpenFile("/dev/full") : good);
        sink.Start();
        for (int i = 0; i < 10; i++)
        {
            sink.OnResult(new StreamResult { Stream = "s", Kind = "event", Sequence = i });
        }
        TestSetting.Eventually(() => sink.Written == 7);
        Assert.Equal(3, sink.Dropped);
        Assert.Null(sink.Problem);
        Assert.Equal(7, Encoding.UTF8.GetString(good.ToArray()).Count(c => c == '\n'));
    }

    [Fact]
    public void ASinkThatHangsLosesTheOldestResultsAndHoldsUpNobody()
    {
        using var block = new ManualResetEventSlim();
        using var sink = new JsonLinesSink(new SinkConfig { Kind = "jsonl" }, "sink", () =>
        {
            block.Wait();
            return Stream.Null;
        });
        sink.Start();
        for (int i = 0; i < ResultSink.Capacity + 500; i++)
        {
            sink.OnResult(new StreamResult { Stream = "s", Kind = "event", Sequence = i });
        }
        Assert.InRange(sink.Dropped, 490, 500);
        Assert.True(sink.Clock.BusyFor is not null);
        block.Set();
    }

    [Fact]
    public void ARecordingHoldsTheSamplesAndTheBeats()
    {
        using var folder = new TemporaryFolder();
        var config = new SinkConfig { Kind = "recording", Path = folder.Path("rec") };
        var recorder = new Recorder();
        using (var sink = new RecordingSink(config, "sink", new ManualTime(), [("heart", 360.0)]))
        {
            RunEcg(sink, 20, recorder); // less than what may wait for the disk
            Assert.Equal(0, sink.Dropped);
        }
        using var source = new WfdbSource(folder.Path("rec/heart-20260102T030405"));
        using var synthetic = new SyntheticEcg();
        Assert.Equal(360 * 20, source.Length);
        var recorded = new float[360 * 20];
        Assert.Equal(recorded.Length, source.Read(recorded));
        Assert.All(recorded, v => Assert.Equal(synthetic.Next(out _), v, 0.00051f));
        Assert.Equal(
            recorder.Results.Where(r => r.Beat is not null).Select(r => r.Beat!.Sample),
            WfdbAnnotationReader.Read(folder.Path("rec/heart-20260102T030405.qrs")).Items.Select(a => a.Sample));
    }

    [Fact]
    public void ARecordingCanBeEdf()
    {
        using var folder = new TemporaryFolder();
        var recorder = new Recorder();
        using (var sink = new RecordingSink(new SinkConfig { Kind = "recording", Path = folder.Root, Format = "edf" }, "sink", new ManualTime(), [("heart", 360.0)]))
        {
            RunEcg(sink, 20, recorder);
        }
        using var source = new EdfSource(folder.Path("heart-20260102T030405.edf"));
        using var synthetic = new SyntheticEcg();
        Assert.Equal((360.0, 360 * 20L), (source.SampleRate, source.Length));
        var recorded = new float[360 * 20];
        Assert.Equal(recorded.Length, source.Read(recorded));
        Assert.All(recorded, v => Assert.Equal(synthetic.Next(out _), v, 0.00051f));
        Assert.Equal(
            recorder.Results.Where(r => r.Beat is not null).Select(r => r.Beat!.Sample),
            EdfSource.ReadAnnotations(folder.Path("heart-20260102T030405.edf")).Select(a => (long)Math.Round(a.Onset * 360)));
    }

    /// <summary>
    /// A disk that is full from a sample on, then has space again: a new record begins, its samples and beats stand where they belong, and
    /// what was lost is counted exactly.
    /// </summary>
    [Fact]
    public void ARecordOnAFullDiskIsGivenUpAndANewOneBegins()
    {
        using var folder = new TemporaryFolder();
        var records = new List<KeptRecord>();
        bool isFull = false;
        using var sink = new RecordingSink(new SinkConfig { Kind = "recording", Path = folder.Root }, "sink", new ManualTime(), [("heart", 360.0)], start =>
        {
            records.Add(isFull ? throw new EdgeException(EdgeError.RecordingUnwritable, "no space") : new KeptRecord(() => isFull));
            return records[^1];
        });
        sink.Start();
        int position = 0;
        void Send(int count)
        {
            sink.OnSamples("heart", position, [.. Enumerable.Range(position, count).Select(i => (float)i)]);
            position += count;
        }
        Send(1000);
        TestSetting.Eventually(() => records[0].Samples.Count == 1000, "the samples");
        isFull = true;
        Send(500);
        TestSetting.Eventually(() => sink.Dropped == 500, "the loss");
        Send(300);
        TestSetting.Eventually(() => sink.Dropped == 800, "a loss without a record");
        Assert.Contains("no space", sink.Problem, StringComparison.Ordinal);
        isFull = false;
        Send(200);
        TestSetting.Eventually(() => records.Count == 2 && records[1].Samples.Count == 200, "the new record");
        sink.OnResult(new StreamResult { Stream = "heart", Kind = "beat", Beat = new BeatReport(1700, 1, null, null) }); // lost with its samples
        sink.OnResult(new StreamResult { Stream = "heart", Kind = "beat", Beat = new BeatReport(1850, 1, null, null) });
        TestSetting.Eventually(() => records[1].Beats.Count == 1, "the beat");
        Assert.Equal((1800f, 50L), (records[1].Samples[0], records[1].Beats[0]));
        Assert.Equal(800, sink.Dropped);
        Assert.Null(sink.Problem);
    }

    /// <summary>A device without a clock of its own starts at the same time again and again; a reload may fall into one second.</summary>
    [Fact]
    public void ARecordingNeverReplacesAnother()
    {
        using var folder = new TemporaryFolder();
        var config = new SinkConfig { Kind = "recording", Path = folder.Root };
        for (int i = 1; i <= 3; i++)
        {
            using var sink = new RecordingSink(config, "sink", new ManualTime(), [("heart", 360.0)]);
            RunEcg(sink, i, new Recorder());
        }
        Assert.Equal(
            [360L, 720, 1080],
            new[] { "", "-2", "-3" }.Select(suffix =>
            {
                using var source = new WfdbSource(folder.Path("heart-20260102T030405" + suffix));
                return source.Length!.Value;
            }));
    }

    /// <summary>A receiver that fails, says that it is busy, and refuses one message: all others arrive, in order, once.</summary>
    [Fact]
    public void AWebhookIsTriedAgainUntilItIsTaken()
    {
        using var folder = new TemporaryFolder();
        var receiver = new Receiver();
        var config = new SinkConfig { Kind = "webhook", Url = "http://receiver/hook" };
        using (var sink = new WebhookSink(config, "sink", new Outbox(folder.Path("o"), 1 << 20), TimeProvider.System, "secret", receiver))
        {
            sink.Start();
            sink.StartDelivery();
            for (int i = 0; i < 20; i++)
            {
                sink.OnResult(new StreamResult { Stream = "s", Kind = "event", Sequence = i });
            }
            TestSetting.Eventually(() => sink.Outbox.Acknowledged == 20);
            Assert.Equal(1, sink.Dropped);
        }
        Assert.Equal(Enumerable.Range(1, 20).Where(i => i != 13), receiver.Taken);
        Assert.Equal("Bearer secret", receiver.Authorization);
    }

    [Fact]
    public void HomeAssistantGetsOneEntityPerStream()
    {
        (string Topic, byte[] Payload)[] all = [.. HomeAssistant.Announcements("homeassistant", "edge", "node", [("heart", true), ("door", false)])];
        Assert.Equal(["homeassistant/sensor/node/heart_heart_rate/config", "homeassistant/sensor/node/door_class/config"], all.Select(a => a.Topic));
        JsonElement heart = JsonDocument.Parse(all[0].Payload).RootElement;
        Assert.Equal(("edge/heart/beat", "bpm", "edge/status"), (heart.GetProperty("state_topic").GetString(), heart.GetProperty("unit_of_measurement").GetString(), heart.GetProperty("availability_topic").GetString()));
    }

    private static StreamCounters RunEcg(ResultSink sink, int seconds, Recorder? recorder = null)
    {
        sink.Start();
        using var stream = new EcgStream(new EcgOptions { Live = Fast, Open = () => new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * seconds }) });
        stream.Listen(sink);
        if (recorder is not null)
        {
            stream.Listen(recorder);
        }
        stream.Start();
        TestSetting.Eventually(() => stream.State == SourceState.Ended);
        Assert.True(stream.Stop(TestSetting.Patience));
        return stream.Counters;
    }

    private sealed class Receiver : HttpMessageHandler
    {
        private int _requests;

        public List<int> Taken { get; } = [];

        public string? Authorization { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.Authorization?.ToString();
            int id = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)).RootElement.GetProperty("id").GetInt32();
            if (++_requests == 3)
            {
                throw new HttpRequestException("connection reset");
            }
            HttpStatusCode status = _requests is 5 ? HttpStatusCode.ServiceUnavailable : id == 13 ? HttpStatusCode.BadRequest : HttpStatusCode.OK;
            if (status == HttpStatusCode.OK)
            {
                Taken.Add(id);
            }
            return new HttpResponseMessage(status);
        }
    }

    /// <summary>A record in memory, whose disk may be full.</summary>
    private sealed class KeptRecord(Func<bool> isFull) : IRecord
    {
        public List<float> Samples { get; } = [];

        public List<long> Beats { get; } = [];

        public void Write(ReadOnlySpan<float> samples) => Samples.AddRange(isFull() ? throw new EdgeException(EdgeError.RecordingUnwritable, "no space") : samples.ToArray());

        public void WriteBeat(long sample) => Beats.Add(sample);

        public void Dispose()
        {
        }
    }
}
