using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Convert.Cli;

/// <summary>Windows of recordings as samples, made by the model's own signal preprocessing; channel 0, in mV.</summary>
internal static class RecordedWindows
{
    private static readonly string[] Extensions = [".hea", ".edf"];

    /// <summary>The recordings that a path means: a WFDB record with or without extension, an EDF file, or all WFDB records of a folder; empty for anything else.</summary>
    public static string[] Find(string path)
    {
        if (Directory.Exists(path))
        {
            return Directory.EnumerateFiles(path, "*.hea").Any() ? EcgRecording.RecordsIn(path) : [];
        }
        bool isRecording = Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()) || File.Exists($"{path}.hea");
        return isRecording ? [path] : [];
    }

    /// <summary>As many windows of each record as of the others, spread evenly over it.</summary>
    /// <param name="beats">Gets what annotators call the beat of each window, null where they do not or the window is not one of a beat; null = nobody asks.</param>
    /// <exception cref="EdgeException">A recording cannot be read, or the input is no window.</exception>
    public static IEnumerable<Tensor> Read(string[] records, TensorInfo input, SignalPreprocessing? signal, int most, List<AnnotationCode?>? beats = null)
    {
        if (signal is null)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the sample is a recording, and no preprocessing says how it becomes the input", "give --preprocess with window and sample_rate", records[0]);
        }
        if (input.KnownShape.Count != signal.Window)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the preprocessing makes windows of {signal.Window} samples of one channel, the input is {input}", "give samples as .npy", records[0]);
        }
        int share = Math.Max(1, most / records.Length);
        (float[] Window, AnnotationCode? Beat)[] windows = [.. records.SelectMany(r => Spread(r, signal, share, beats is not null && signal.BeforeBeat is not null)).Take(most)];
        beats?.AddRange(windows.Select(w => w.Beat));
        return windows.Length > 0
            ? windows.Select(w => Tensor.From<float>(input.KnownShape, w.Window))
            : throw new EdgeException(EdgeError.BadInputFile, $"no whole window of {signal.Window} samples at {signal.SampleRate} Hz is in the recording", "give longer recordings", records[0]);
    }

    /// <summary>
    /// Every k-th window of a record, k doubling while there are twice too many: memory is bounded for recordings of any length. Then as
    /// many as are wanted, evenly.
    /// </summary>
    private static IEnumerable<(float[] Window, AnnotationCode? Beat)> Spread(string record, SignalPreprocessing signal, int most, bool named)
    {
        using var recording = new EcgRecording(record, 0);
        var kept = new List<(long Anchor, float[] Window)>();
        var anchors = new List<long>();
        long step = 1;
        long index = 0;
        foreach ((long anchor, float[] window) in SignalWindows.Read(recording.Read, recording.SampleRate, signal))
        {
            anchors.Add(anchor);
            if (index++ % step != 0)
            {
                continue;
            }
            kept.Add((anchor, window));
            if (kept.Count == 2L * most)
            {
                kept = [.. kept.Where((_, i) => i % 2 == 0)];
                step *= 2;
            }
        }
        int count = Math.Min(most, kept.Count);
        IReadOnlyDictionary<long, AnnotationCode>? names = named && BeatAnnotations.Find(record) is { } file ? BeatAnnotations.Pair(record, file, anchors, recording.SampleRate) : null;
        return [.. Enumerable.Range(0, count).Select(i => kept[(int)((long)i * kept.Count / count)]).Select(k => (k.Window, names is not null && names.TryGetValue(k.Anchor, out AnnotationCode code) ? code : (AnnotationCode?)null))];
    }
}
