using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Signals;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>Labelled samples from the disk.</summary>
/// <param name="Bytes">That they hold in memory.</param>
internal sealed record SampleFolder(ISampleSet Samples, string[] Labels, long Bytes)
{
    private static readonly string[] ImageEndings = [".png", ".jpg", ".jpeg", ".bmp"];

    /// <summary>
    /// Reads a folder: one folder of images (or .npy files of one sample each) per class; or x.npy with y.npy; or a pair of IDX files
    /// (<c>PREFIX-images-idx3-ubyte</c> and <c>PREFIX-labels-idx1-ubyte</c>, also .gz) as MNIST has them.
    /// </summary>
    /// <param name="classes">Names in order; empty = the folders in order of their names.</param>
    /// <exception cref="EdgeException">Nothing usable is there, or a file is damaged or does not fit the model.</exception>
    public static SampleFolder Read(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        if (File.Exists(Path.Combine(path, "x.npy")))
        {
            return ReadArrays(path, model, classes);
        }
        if (FindIdx(path, "images") is { } images)
        {
            return ReadIdx(images, model, classes);
        }
        return Directory.Exists(path)
            ? ReadFolders(path, model, classes)
            : throw new EdgeException(EdgeError.BadInputFile, "there is no such folder", "give a folder with one folder of images per class, with x.npy and y.npy, or with IDX files", path);
    }

    private static SampleFolder ReadArrays(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        Tensor x = NpyFile.Read(Path.Combine(path, "x.npy"));
        long[] y = NpyFile.Read(Path.Combine(path, "y.npy")).ToInt64();
        if (x.Type != DataType.F32)
        {
            x = Tensor.From<float>(x.Shape, [.. x.ToDouble().Select(v => (float)v)]);
        }
        int[] labels = [.. y.Select(v => v is >= 0 and < int.MaxValue ? (int)v : throw new EdgeException(EdgeError.BadTrainingData, $"y.npy holds the label {v}, expected 0 or more", place: path))];
        return new SampleFolder(new MemorySamples(x, labels), Names(model, labels, classes), x.Bytes);
    }

    private static string[] Names(ModelFile model, int[] labels, IReadOnlyList<string> classes)
    {
        if (classes.Count > 0)
        {
            return [.. classes];
        }
        int count = labels.Length == 0 ? 0 : labels.Max() + 1;
        return model.Labels.Count >= count ? [.. model.Labels] : [.. Enumerable.Range(0, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static SampleFolder ReadFolders(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        string[] names = classes.Count > 0 ? [.. classes] : [.. Directory.GetDirectories(path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
        var files = new List<(string File, int Label)>();
        for (int label = 0; label < names.Length; label++)
        {
            string folder = Path.Combine(path, names[label]);
            IEnumerable<string> found = Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];
            files.AddRange(found.Where(f => Path.GetExtension(f) == ".npy" || ImageEndings.Contains(Path.GetExtension(f).ToLowerInvariant())).Select(f => (f, label)));
        }
        TensorInfo input = model.Graph.Inputs[0].Info;
        int size = (int)(input.KnownShape.Count / Math.Max(1, input.KnownShape[0]));
        Tensor values = Tensor.Allocate(DataType.F32, new Shape(files.Count, size));
        for (int i = 0; i < files.Count; i++)
        {
            ReadSample(files[i].File, model, input).CopyTo(values.Span<float>().Slice(i * size, size));
        }
        return new SampleFolder(new MemorySamples(values, [.. files.Select(f => f.Label)]), names, values.Bytes);
    }

    private static float[] ReadSample(string file, ModelFile model, TensorInfo input)
    {
        TensorInfo one = input with { Shape = input.KnownShape.With(0, 1) };
        Tensor tensor = Path.GetExtension(file) == ".npy" ? NpyFile.Read(file)
            : new ImagePreprocessor(model.Image ?? throw new EdgeException(EdgeError.BadInputFile, "the model carries no image preprocessing", "convert it with --preprocess, or give .npy files", file))
                .Prepare(ImageDecoder.Decode(file), one);
        float[] values = [.. tensor.ToDouble().Select(v => (float)v)];
        return values.Length == one.KnownShape.Count ? values
            : throw new EdgeException(EdgeError.BadTrainingData, $"the sample is {tensor.Info}, the model's input {one}", "give samples of the model's input size", file);
    }

    private static string? FindIdx(string path, string kind)
    {
        if (!Directory.Exists(path))
        {
            string[] given = [$"{path}-{kind}-idx3-ubyte", $"{path}-{kind}-idx3-ubyte.gz"];
            return given.FirstOrDefault(File.Exists);
        }
        return Directory.GetFiles(path, $"*-{kind}-idx?-ubyte*").Order(StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>Images of 8 bits through the model's preprocessing, kept as bytes where that is linear without resizing.</summary>
    private static SampleFolder ReadIdx(string images, ModelFile model, IReadOnlyList<string> names)
    {
        byte[] pixels = ReadBytes(images);
        byte[] labels = ReadBytes(images.Replace("-images-idx3-", "-labels-idx1-", StringComparison.Ordinal));
        int count = IdxInt(pixels, 4, images);
        (int height, int width) = (IdxInt(pixels, 8, images), IdxInt(pixels, 12, images));
        if (count < 0 || height < 1 || width < 1 || pixels.Length != 16L + ((long)count * height * width) || labels.Length != 8 + count)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the header says {count} images of {height} x {width}, the files have {pixels.Length} and {labels.Length} bytes", "use another file", images);
        }
        TensorInfo input = model.Graph.Inputs[0].Info;
        TensorInfo one = input with { Shape = input.KnownShape.With(0, 1) };
        var preprocessor = new ImagePreprocessor(model.Image ?? throw new EdgeException(EdgeError.BadInputFile, "the model carries no image preprocessing", "convert it with --preprocess", images));
        int size = (int)one.KnownShape.Count;
        Tensor values = Tensor.Allocate(DataType.F32, new Shape(count, size));
        for (int i = 0; i < count; i++)
        {
            var image = new PixelImage(width, height, 1, pixels.AsSpan(16 + (i * height * width), height * width).ToArray());
            Tensor prepared = preprocessor.Prepare(image, one);
            prepared.Span<float>().CopyTo(values.Span<float>().Slice(i * size, size));
        }
        int[] classes = [.. labels.Skip(8).Select(l => (int)l)];
        return new SampleFolder(new MemorySamples(values, classes), Names(model, classes, names), values.Bytes);
    }

    private static int IdxInt(byte[] bytes, int at, string file) =>
        bytes.Length >= at + 4 ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)) : throw new EdgeException(EdgeError.BadInputFile, "the file is too short for an IDX file", "use another file", file);

    private static byte[] ReadBytes(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            using var bytes = new MemoryStream();
            using Stream source = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
            source.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path", file, exception);
        }
    }
}
