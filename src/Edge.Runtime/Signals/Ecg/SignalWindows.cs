using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>Reads the next samples of a recording, NaN where one is missing.</summary>
/// <returns>Samples read; 0 at the end.</returns>
public delegate int SampleReader(Span<float> samples);

/// <summary>The windows that a model gets of a recording, cut as its preprocessing says.</summary>
public static class SignalWindows
{
    private const int ChunkSamples = 4096;

    /// <summary>Whole windows in order, with their anchor in samples of the recording; around beats that the streaming detector finds where the preprocessing says so.</summary>
    /// <param name="read">In the unit that the model was trained with, mV.</param>
    /// <param name="sampleRate">Of the recording.</param>
    /// <exception cref="EdgeException">The preprocessing is not valid, or does not fit the rate.</exception>
    public static IEnumerable<(long Anchor, float[] Window)> Read(SampleReader read, double sampleRate, SignalPreprocessing spec)
    {
        var preprocessor = new EcgPreprocessor(spec, sampleRate);
        QrsDetector? detector = preprocessor.NeedsBeats ? new QrsDetector(sampleRate) : null;
        var chunk = new float[ChunkSamples];
        var window = new float[spec.Window];
        int count;
        while ((count = read(chunk)) > 0)
        {
            for (int i = 0; i < count; i++)
            {
                preprocessor.AddSample(chunk[i]);
                if (detector is not null && detector.Next(chunk[i], out QrsBeat beat))
                {
                    preprocessor.AddBeat(beat.Sample);
                }
                while (preprocessor.TryRead(window, out SignalWindow cut))
                {
                    if (cut.IsWhole)
                    {
                        yield return (preprocessor.ToInput(cut.Anchor), [.. window]);
                    }
                }
            }
        }
    }
}
