using Edge.Commands;
using Edge.Cli.Ecg;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>
/// Windows of WFDB records as samples, cut as the model's preprocessing says. A class is a folder of records, or what the annotations
/// say: the EC57 class of the beat for windows around beats, else the rhythm (AFIB, N, ...) that holds through the whole window.
/// </summary>
internal static class RecordSamples
{
    /// <summary>Whether a folder has records.</summary>
    public static bool AreIn(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.hea").Any();

    /// <summary>Records with annotations (<c>.atr</c>).</summary>
    /// <param name="classes">Names in order; empty = the model's labels, else all that occur, in order of name. Windows of other classes are left out.</param>
    /// <exception cref="EdgeException">A record or its annotations cannot be read, or the model is none for signals.</exception>
    public static (MemorySamples Samples, string[] Labels) ReadAnnotated(string folder, ModelFile model, IReadOnlyList<string> classes)
    {
        SignalPreprocessing spec = SpecOf(model, folder);
        var found = new List<(string Name, float[] Window)>();
        foreach (string record in EcgRecording.RecordsIn(folder))
        {
            found.AddRange(spec.BeforeBeat is null ? Rhythms(record, spec) : LabelledBeats.Read(record, spec).Beats.Select(b => (BeatClasses.Letters[b.Label..(b.Label + 1)], b.Window)));
        }
        string[] names = classes.Count > 0 ? [.. classes] : model.Labels.Count > 0 ? [.. model.Labels] : [.. found.Select(f => f.Name).Distinct().Order(StringComparer.Ordinal)];
        return (ToSamples([.. found.Select(f => (Array.IndexOf(names, f.Name), f.Window)).Where(f => f.Item1 >= 0)], spec.Window), names);
    }

    /// <summary>A folder of records per class; windows around beats need annotations.</summary>
    /// <param name="classes">Names of the folders.</param>
    /// <exception cref="EdgeException">A record cannot be read, or the model is none for signals.</exception>
    public static MemorySamples ReadFolders(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        SignalPreprocessing spec = SpecOf(model, path);
        var found = new List<(int Label, float[] Window)>();
        for (int label = 0; label < classes.Count; label++)
        {
            string folder = Path.Combine(path, classes[label]);
            int current = label;
            foreach (string record in AreIn(folder) ? EcgRecording.RecordsIn(folder) : [])
            {
                IEnumerable<float[]> windows = spec.BeforeBeat is null ? Windows(record, spec).Select(w => w.Window) : LabelledBeats.Read(record, spec).Beats.Select(b => b.Window);
                found.AddRange(windows.Select(w => (current, w)));
            }
        }
        return ToSamples(found, spec.Window);
    }

    private static SignalPreprocessing SpecOf(ModelFile model, string folder) =>
        model.Signal ?? throw new EdgeException(EdgeError.BadInputFile, "the folder holds WFDB records, and the model carries no signal preprocessing", "convert it with --preprocess", folder);

    private static MemorySamples ToSamples(IReadOnlyList<(int Label, float[] Window)> windows, int length)
    {
        Tensor values = Tensor.Allocate(DataType.F32, new Shape(windows.Count, 1, length));
        for (int i = 0; i < windows.Count; i++)
        {
            windows[i].Window.CopyTo(values.Span<float>().Slice(i * length, length));
        }
        return new MemorySamples(values, [.. windows.Select(w => w.Label)]);
    }

    /// <summary>Windows through which one rhythm holds.</summary>
    private static IEnumerable<(string Name, float[] Window)> Rhythms(string record, SignalPreprocessing spec)
    {
        string stem = Path.ChangeExtension(record, null);
        WfdbHeader header = WfdbHeaderReader.Read($"{stem}.hea");
        WfdbAnnotation[] changes = [.. WfdbAnnotationReader.Read($"{stem}.atr").At(header.FrameRate).Where(a => a.Code == AnnotationCode.RhythmChange).OrderBy(a => a.Sample)];
        double length = spec.Window * header.FrameRate / spec.SampleRate;
        foreach ((long start, float[] window) in Windows(record, spec))
        {
            WfdbAnnotation? rhythm = changes.LastOrDefault(a => a.Sample <= start);
            if (rhythm is not null && !changes.Any(a => a.Sample > start && a.Sample < start + length))
            {
                yield return (rhythm.Text.Trim('(', '\0', ' '), window);
            }
        }
    }

    /// <summary>Whole windows of the first channel, with their first sample in the record's time.</summary>
    private static IEnumerable<(long Start, float[] Window)> Windows(string record, SignalPreprocessing spec)
    {
        using var recording = new EcgRecording(record, 0);
        foreach ((long Start, float[] Window) window in SignalWindows.Read(recording.Read, recording.SampleRate, spec))
        {
            yield return window;
        }
    }
}
