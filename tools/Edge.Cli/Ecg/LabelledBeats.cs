using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Runtime.Training;

namespace Edge.Cli.Ecg;

/// <summary>A beat of a record, cut out.</summary>
/// <param name="Sample">Of the R peak, in samples of the record.</param>
/// <param name="Label">Index of the class among N, S, V, F, Q.</param>
internal sealed record LabelledBeat(long Sample, int Label, float[] Window);

/// <summary>A record with reference annotations as labelled windows.</summary>
internal sealed class LabelledBeats
{
    private const int ChunkSamples = 4096;

    private LabelledBeats(string record, WfdbHeader header, IReadOnlyList<WfdbAnnotation> reference, List<LabelledBeat> beats)
    {
        Record = record;
        Header = header;
        Reference = reference;
        Beats = beats;
    }

    public string Record { get; }

    public WfdbHeader Header { get; }

    /// <summary>Reference annotations.</summary>
    public IReadOnlyList<WfdbAnnotation> Reference { get; }

    /// <summary>Beats with a whole window around them, in order.</summary>
    public IReadOnlyList<LabelledBeat> Beats { get; }

    /// <param name="path">A WFDB record whose annotations lie beside it as <c>.atr</c>.</param>
    /// <exception cref="EdgeException">The record or its annotations cannot be read.</exception>
    public static LabelledBeats Read(string path, SignalPreprocessing spec)
    {
        string stem = Path.ChangeExtension(path, null);
        WfdbHeader header = WfdbHeaderReader.Read($"{stem}.hea");
        IReadOnlyList<WfdbAnnotation> reference = WfdbAnnotationReader.Read($"{stem}.atr").At(header.FrameRate);
        WfdbAnnotation[] beats = [.. reference.Where(a => BeatClasses.Of(a.Code) <= BeatClass.Unclassifiable && a.Sample >= 0).OrderBy(a => a.Sample)];
        using var recording = new EcgRecording(path, 0);
        var preprocessor = new EcgPreprocessor(spec, recording.SampleRate);
        var result = new List<LabelledBeat>();
        var chunk = new float[ChunkSamples];
        var window = new float[spec.Window];
        long position = 0;
        int asked = 0;
        int cutBeats = 0;
        int count;
        while ((count = recording.Read(chunk)) > 0)
        {
            for (int i = 0; i < count; i++, position++)
            {
                preprocessor.AddSample(chunk[i]);
                while (asked < beats.Length && beats[asked].Sample <= position)
                {
                    preprocessor.AddBeat(beats[asked++].Sample);
                }
                while (preprocessor.TryRead(window, out SignalWindow cut))
                {
                    WfdbAnnotation beat = beats[cutBeats++];
                    if (cut.IsWhole)
                    {
                        result.Add(new LabelledBeat(beat.Sample, (int)BeatClasses.Of(beat.Code), [.. window]));
                    }
                }
            }
        }
        return new LabelledBeats(EcgRecording.NameOf(path), header, reference, result);
    }

    /// <summary>Beats as samples to learn from.</summary>
    public static MemorySamples ToSamples(IReadOnlyList<LabelledBeat> beats, int window)
    {
        Tensor values = Tensor.Allocate(DataType.F32, new Shape(beats.Count, 1, window));
        for (int i = 0; i < beats.Count; i++)
        {
            beats[i].Window.CopyTo(values.Span<float>().Slice(i * window, window));
        }
        return new MemorySamples(values, [.. beats.Select(b => b.Label)]);
    }

    /// <summary>Up to <paramref name="most"/> beats of each class, chosen by a seed.</summary>
    public static List<LabelledBeat> Choose(IReadOnlyList<LabelledBeat> beats, int most, ulong seed)
    {
        var random = new SeededRandom(seed);
        var chosen = new List<LabelledBeat>();
        foreach (IGrouping<int, LabelledBeat> group in beats.GroupBy(b => b.Label).OrderBy(g => g.Key))
        {
            LabelledBeat[] members = [.. group];
            random.Shuffle<LabelledBeat>(members);
            chosen.AddRange(members.Take(most));
        }
        return chosen;
    }
}
