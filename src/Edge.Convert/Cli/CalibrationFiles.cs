using System.IO.Compression;
using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals;

namespace Edge.Convert.Cli;

/// <summary>
/// Samples for calibration: a .npy file whose first axis counts samples, a .npz archive of such files, a folder of these and of images, in
/// the order of their names; or a recording, or a folder of WFDB records.
/// </summary>
internal static class CalibrationFiles
{
    /// <summary>More samples change ranges little.</summary>
    public const int MostSamples = 512;

    private static readonly string[] ImageNames = [".jpg", ".jpeg", ".png", ".bmp"];

    /// <param name="inputs">The model's inputs; one.</param>
    /// <param name="image">How images become the input.</param>
    /// <param name="signal">How recordings become the input.</param>
    /// <param name="beats">Gets what annotators of a record call the beat of each window; see <see cref="RecordedWindows.Read"/>.</param>
    /// <exception cref="EdgeException">A file cannot be read or does not fit.</exception>
    public static IReadOnlyList<Tensor[]> Read(
        string path, IReadOnlyList<TensorInfo> inputs, ImagePreprocessing? image, SignalPreprocessing? signal, int most = MostSamples, List<AnnotationCode?>? beats = null)
    {
        if (inputs.Count != 1 || inputs[0] is not { Type: DataType.F32 or DataType.F16, IsKnown: true })
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the model has {inputs.Count} inputs ({string.Join(", ", inputs)}), calibration needs a single one of float32 or float16", "convert without --int8", path);
        }
        if (RecordedWindows.Find(path) is { Length: > 0 } records)
        {
            return [.. RecordedWindows.Read(records, inputs[0], signal, most, beats).Select(t => new[] { Typed(t, inputs[0].Type) })];
        }
        if (File.Exists(path))
        {
            return [.. Samples(path, inputs[0]).Take(most).Select(t => new[] { Typed(t, inputs[0].Type) })];
        }
        if (!Directory.Exists(path))
        {
            throw new EdgeException(EdgeError.BadInputFile, "there is no such file or folder", "check the path given with --calibrate", path);
        }
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsSample).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the folder holds no .npy, .npz, JPEG, PNG or BMP file, and no WFDB record", "give a folder of samples of the model's input", path);
        }
        return [.. files.SelectMany(f => IsImage(f) ? [Picture(f, inputs[0], image)] : Samples(f, inputs[0])).Take(most).Select(t => new[] { Typed(t, inputs[0].Type) })];
    }

    private static Tensor Typed(Tensor sample, DataType type) =>
        type == DataType.F16 && sample.Type == DataType.F32 ? Tensor.From<Half>(sample.Shape, [.. sample.ToArray<float>().Select(v => (Half)v)]) : sample;

    private static bool IsSample(string path) => IsImage(path) || Path.GetExtension(path) is ".npy" or ".npz";

    private static bool IsImage(string path) => ImageNames.Contains(Path.GetExtension(path).ToLowerInvariant());

    private static Tensor Picture(string path, TensorInfo input, ImagePreprocessing? image) => image is null
        ? throw new EdgeException(EdgeError.BadInputFile, "the sample is an image, and no preprocessing says how it becomes the input", "give --preprocess", path)
        : new ImagePreprocessor(image).Prepare(ImageDecoder.Decode(path), input);

    /// <summary>One sample of the input's shape, or as many as a first axis counts.</summary>
    private static IEnumerable<Tensor> Samples(string path, TensorInfo input) =>
        Path.GetExtension(path) == ".npz" ? Archive(path).SelectMany(s => Samples(s, $"{path}: {s.Name}", input)) : Samples((path, NpyFile.Read(path)), path, input);

    /// <summary>The arrays of a .npz archive, as NumPy's savez writes it, in the order of their names.</summary>
    private static List<(string Name, Tensor Stack)> Archive(string path)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            var stacks = new List<(string Name, Tensor Stack)>();
            foreach (ZipArchiveEntry entry in archive.Entries.Where(e => e.Name.EndsWith(".npy", StringComparison.Ordinal)).OrderBy(e => e.FullName, StringComparer.Ordinal))
            {
                using Stream compressed = entry.Open();
                var bytes = new MemoryStream();
                compressed.CopyTo(bytes);
                bytes.Position = 0;
                stacks.Add((entry.FullName, NpyFile.Read(bytes)));
            }
            return stacks;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the archive cannot be read: {exception.Message}", "write it with numpy.savez", path, exception);
        }
    }

    private static IEnumerable<Tensor> Samples((string Name, Tensor Stack) source, string path, TensorInfo input)
    {
        Tensor stack = source.Stack;
        Shape shape = input.KnownShape;
        long size = shape.Count;
        bool one = stack.Shape == shape;
        bool many = shape.Rank > 0 && shape[0] == 1 && stack.Shape.Rank == shape.Rank && stack.Shape.With(0, 1) == shape;
        if ((!one && !many) || stack.Type == DataType.Bool)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"it holds {stack.Info}, expected numbers of shape {shape}, or a stack of such samples along the first axis", "prepare the samples as the model's input", path);
        }
        float[] values = stack.Type == DataType.F32 ? stack.ToArray<float>() : [.. stack.ToDouble().Select(v => (float)v)];
        for (long at = 0; at + size <= values.Length && size > 0; at += size)
        {
            yield return Tensor.From<float>(shape, values.AsSpan((int)at, (int)size));
        }
    }
}
