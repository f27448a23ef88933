using Edge.Commands;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Cli.Ecg;

/// <summary>A recording, read once from start to end through the detector.</summary>
internal sealed class DetectionPass(EcgRecording recording)
{
    private const int ChunkSamples = 4096;

    private readonly QrsDetector _detector = new(recording.SampleRate);

    /// <summary>All intervals: a day at 100 beats per minute.</summary>
    public RrStatistics Rhythm { get; } = new(recording.SampleRate, 1 << 18);

    public long Samples { get; private set; }

    public long Missing { get; private set; }

    public double LatencySeconds => _detector.Latency / recording.SampleRate;

    public List<QrsBeat> Run()
    {
        var beats = new List<QrsBeat>();
        var chunk = new float[ChunkSamples];
        int count;
        while ((count = recording.Read(chunk)) > 0)
        {
            foreach (float sample in chunk.AsSpan(0, count))
            {
                Missing += float.IsNaN(sample) ? 1 : 0;
                Next(sample, beats);
            }
            Samples += count;
        }
        for (int i = 0; i < _detector.Latency; i++)
        {
            Next(float.NaN, beats);
        }
        return beats;
    }

    private void Next(float sample, List<QrsBeat> beats)
    {
        if (_detector.Next(sample, out QrsBeat beat))
        {
            beats.Add(beat);
            Rhythm.AddBeat(beat.Sample);
        }
    }
}
