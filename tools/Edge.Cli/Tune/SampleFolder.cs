using System.Globalization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>Labelled samples from the disk.</summary>
/// <param name="Labels">Names of the classes, in order.</param>
/// <param name="ReadBytes">That reading takes, once the first sample is read.</param>
/// <param name="AreSlow">Reading one takes long, as images have to be decoded.</param>
internal sealed record SampleFolder(ISampleSet Samples, string[] Labels, long ReadBytes = 0, bool AreSlow = false)
{
    /// <summary>
    /// Opens a folder: one folder of images, .npy files of one sample each, or WFDB records per class; WFDB records with annotations; x.npy
    /// with y.npy; or a pair of IDX files (<c>PREFIX-images-idx3-ubyte</c> and <c>PREFIX-labels-idx1-ubyte</c>, also .gz) as MNIST has them.
    /// </summary>
    /// <param name="classes">Names in order; empty = the folders in order of their names.</param>
    /// <exception cref="EdgeException">Nothing usable is there, or a file is damaged or does not fit the model.</exception>
    public static SampleFolder Open(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        if (File.Exists(Path.Combine(path, "x.npy")))
        {
            return OpenArrays(path, model, classes);
        }
        if (FindIdx(path) is { } images)
        {
            var idx = new IdxSamples(images, model);
            int largest = idx.Count == 0 ? -1 : idx.Labels.ToArray().Max();
            return new SampleFolder(idx, Names(model, largest + 1, classes));
        }
        if (RecordSamples.AreIn(path))
        {
            (MemorySamples windows, string[] labels) = RecordSamples.ReadAnnotated(path, model, classes);
            return new SampleFolder(windows, labels);
        }
        return Directory.Exists(path)
            ? OpenFolders(path, model, classes)
            : throw new EdgeException(EdgeError.BadInputFile, "there is no such folder", "give a folder with one folder of images or records per class, with WFDB records, with x.npy and y.npy, or with IDX files", path);
    }

    private static SampleFolder OpenFolders(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        string[] names = classes.Count > 0 ? [.. classes] : [.. Directory.GetDirectories(path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
        if (names.Any(n => RecordSamples.AreIn(Path.Combine(path, n))))
        {
            return new SampleFolder(RecordSamples.ReadFolders(path, model, names), names);
        }
        FileSamples files = FileSamples.Find(path, model, names);
        return new SampleFolder(files, names, files.ReadBytes, AreSlow: true);
    }

    private static SampleFolder OpenArrays(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        long[] y = NpyFile.Read(Path.Combine(path, "y.npy")).ToInt64();
        int[] labels = [.. y.Select(v => v is >= 0 and < int.MaxValue ? (int)v : throw new EdgeException(EdgeError.BadTrainingData, $"y.npy holds the label {v}, expected 0 or more", place: path))];
        return new SampleFolder(ArraySamples.Open(Path.Combine(path, "x.npy"), labels), Names(model, labels.Length == 0 ? 0 : labels.Max() + 1, classes));
    }

    private static string[] Names(ModelFile model, int count, IReadOnlyList<string> classes) =>
        classes.Count > 0 ? [.. classes]
        : model.Labels.Count >= count ? [.. model.Labels]
        : [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    private static string? FindIdx(string path)
    {
        if (!Directory.Exists(path))
        {
            string[] given = [$"{path}-images-idx3-ubyte", $"{path}-images-idx3-ubyte.gz"];
            return given.FirstOrDefault(File.Exists);
        }
        return Directory.GetFiles(path, "*-images-idx?-ubyte*").Order(StringComparer.Ordinal).FirstOrDefault();
    }
}
