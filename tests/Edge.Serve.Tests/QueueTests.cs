using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Tests;

public class QueueTests
{
    [Fact]
    public void TheNewestFrameWinsAndEveryFrameIsCountedOnce()
    {
        var slot = new FrameSlot();
        const int Frames = 20_000;
        int replaced = 0;
        var taken = new List<long>();
        var reader = new Thread(() =>
        {
            var frame = new ImageFrame();
            while (slot.Take(ref frame))
            {
                taken.Add(frame.Sequence);
            }
        });
        reader.Start();
        var next = new ImageFrame();
        for (int i = 0; i < Frames; i++)
        {
            next.Sequence = i;
            replaced += slot.Publish(ref next) ? 1 : 0;
        }
        slot.Close();
        Assert.True(reader.Join(TestSetting.Patience));
        Assert.Equal(Frames, taken.Count + replaced);
        Assert.Equal(taken, taken.Order());
        Assert.Equal(Frames - 1, taken[^1]);
    }

    [Fact]
    public void AWriterThatMayWaitLosesNothing()
    {
        var ring = new SampleRing(100);
        const int Samples = 100_000;
        var writer = new Thread(() =>
        {
            var random = new Random(1);
            for (int i = 0; i < Samples;)
            {
                int count = Math.Min(random.Next(1, 300), Samples - i);
                int start = i;
                ring.Write([.. Enumerable.Range(start, count).Select(v => (float)v)], mayWait: true);
                i += count;
            }
            ring.Close();
        });
        writer.Start();
        var chunk = new float[37];
        int expected = 0;
        int read;
        while ((read = ring.Read(chunk, out _)) > 0)
        {
            Assert.All(chunk[..read], v => Assert.Equal(expected++, v));
        }
        Assert.Equal((Samples, 0L), (expected, ring.Dropped));
    }

    [Fact]
    public void WhatADeviceHadToDropBecomesMissingSamplesOfTheSameNumber()
    {
        var ring = new SampleRing(10);
        ring.Write([.. Enumerable.Range(0, 16).Select(v => (float)v)], mayWait: false);
        Assert.Equal(6, ring.Dropped);
        var found = new List<float>();
        var chunk = new float[4];
        found.AddRange(chunk[..ring.Read(chunk, out _)]);
        ring.Write([16], mayWait: false); // the missing ones come first
        ring.Close();
        int read;
        while ((read = ring.Read(chunk, out _)) > 0)
        {
            found.AddRange(chunk[..read]);
        }
        // There was no room for the last one either: it is the seventh.
        Assert.Equal([.. Enumerable.Range(0, 10).Select(v => (float)v), .. Enumerable.Repeat(float.NaN, 7)], found);
        Assert.Equal(7, ring.Dropped);
    }

    [Fact]
    public void AFullQueueLosesTheOldest()
    {
        var queue = new BoundedQueue<int>(3);
        foreach (int i in Enumerable.Range(0, 10))
        {
            queue.Add(i);
        }
        Assert.Equal((7L, 3), (queue.Dropped, queue.Count));
        Assert.True(queue.TryTake(out int first, TimeSpan.Zero));
        Assert.Equal(7, first);
        queue.Close();
        queue.Add(11);
        Assert.Equal(8, queue.Dropped);
        Assert.True(queue.TryTake(out _, TimeSpan.Zero) && queue.TryTake(out _, TimeSpan.Zero));
        Assert.False(queue.TryTake(out _, TimeSpan.Zero));
        Assert.True(queue.IsFinished);
    }

    [Fact]
    public void QuantilesAreRightToATenth()
    {
        var times = new LatencyHistogram();
        foreach (int i in Enumerable.Range(1, 1000))
        {
            times.Add(i);
        }
        Assert.InRange(times.Quantile(0.5), 500, 555);
        Assert.InRange(times.Quantile(0.99), 990, 1000);
        Assert.Equal((1000L, 500_500.0, 1000.0), (times.Count, times.Sum, times.Most));
        Assert.Equal(0, new LatencyHistogram().Quantile(0.5));
    }

    [Fact]
    public void EventsAreDebounced()
    {
        var debouncer = new Debouncer(new EventRule("cat", "cat", 0.5f, On: 3, Off: 2));
        float[] scores = [0.9f, 0.1f, 0.9f, 0.9f, 0.9f, 0.9f, 0.1f, 0.9f, 0.1f, float.NaN];
        Assert.Equal([4, 9], scores.Select((s, i) => (Changed: debouncer.Next(s), i)).Where(c => c.Changed).Select(c => c.i));
        Assert.False(debouncer.IsActive);
    }

    [Fact]
    public void TheBackoffGrowsAndStartsAgain()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        double[] pauses = [.. Enumerable.Range(0, 8).Select(_ => backoff.Next().TotalSeconds)];
        Assert.All(pauses.Select((p, i) => (p, Full: Math.Min(30, Math.Pow(2, i)))), p => Assert.InRange(p.p, p.Full * 0.75, p.Full));
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.75, 1);
    }
}
