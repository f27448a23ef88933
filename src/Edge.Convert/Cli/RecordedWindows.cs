using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
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
    /// <exception cref="EdgeException">A recording cannot be read, or the input is no window.</exception>
    public static IEnumerable<Tensor> Read(string[] records, TensorInfo input, SignalPreprocessing? signal, int most)
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
        float[][] windows = [.. records.SelectMany(r => Spread(r, signal, share)).Take(most)];
        return windows.Length > 0
            ? windows.Select(w => Tensor.From<float>(input.KnownShape, w))
            : throw new EdgeException(EdgeError.BadInputFile, $"no whole window of {signal.Window} samples at {signal.SampleRate} Hz is in the recording", "give longer recordings", records[0]);
    }

    /// <summary>
    /// Every k-th window of a record, k doubling while there are twice too many: memory is bounded for recordings of any length. Then as
    /// many as are wanted, evenly.
    /// </summary>
    private static List<float[]> Spread(string record, SignalPreprocessing signal, int most)
    {
        using var recording = new EcgRecording(record, 0);
        var kept = new List<float[]>();
        long step = 1;
        long index = 0;
        foreach ((_, float[] window) in SignalWindows.Read(recording.Read, recording.SampleRate, signal))
        {
            if (index++ % step != 0)
            {
                continue;
            }
            kept.Add(window);
            if (kept.Count == 2L * most)
            {
                kept = [.. kept.Where((_, i) => i % 2 == 0)];
                step *= 2;
            }
        }
        int count = Math.Min(most, kept.Count);
        return [.. Enumerable.Range(0, count).Select(i => kept[(int)((long)i * kept.Count / count)])];
    }
}
