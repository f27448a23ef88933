using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>One file per sample, an image or a .npy file: decoded whenever it is read.</summary>
internal sealed class FileSamples : ISampleSet
{
    private static readonly string[] ImageEndings = [".png", ".jpg", ".jpeg", ".bmp"];

    private readonly (string File, int Label)[] _files;
    private readonly TensorInfo _input;
    private readonly FramePreprocessor? _preprocessor;
    private readonly ImageFrame _frame = new();
    private readonly ImageBuffer _pixels = new();

    private FileSamples((string File, int Label)[] files, ModelFile model)
    {
        _files = files;
        TensorInfo input = model.Graph.Inputs[0].Info;
        _input = input with { Shape = input.KnownShape.With(0, 1) };
        _preprocessor = model.Image is { } image ? new FramePreprocessor(image) : null;
        SampleFloats = checked((int)_input.KnownShape.Count);
        LargestImage = files.Where(f => IsImage(f.File)).Select(f => ImageDecoder.Measure(f.File)).DefaultIfEmpty().Max();
    }

    public int Count => _files.Length;

    public int SampleFloats { get; }

    /// <summary>Pixels of the largest image.</summary>
    public long LargestImage { get; }

    /// <summary>Bytes that decoding takes.</summary>
    public long ReadBytes => LargestImage * ImageBuffer.BytesPerPixel;

    /// <summary>Files of a folder per class, in order of their names.</summary>
    /// <param name="classes">Names of the folders.</param>
    /// <exception cref="EdgeException">An image cannot be opened.</exception>
    public static FileSamples Find(string path, ModelFile model, IReadOnlyList<string> classes)
    {
        var files = new List<(string File, int Label)>();
        for (int label = 0; label < classes.Count; label++)
        {
            string folder = Path.Combine(path, classes[label]);
            IEnumerable<string> found = Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];
            files.AddRange(found.Where(f => Path.GetExtension(f) == ".npy" || IsImage(f)).Select(f => (f, label)));
        }
        return new FileSamples([.. files], model);
    }

    public int Label(int index) => _files[index].Label;

    public void Read(int index, Span<float> target)
    {
        string file = _files[index].File;
        if (IsImage(file))
        {
            ReadImage(file, target);
            return;
        }
        Tensor tensor = NpyFile.Read(file);
        if (tensor.Count != SampleFloats)
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"the sample is {tensor.Info}, the model's input {_input}", "give samples of the model's input size", file);
        }
        double[] values = tensor.ToDouble();
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = (float)values[i];
        }
    }

    private static bool IsImage(string file) => ImageEndings.Contains(Path.GetExtension(file).ToLowerInvariant());

    private void ReadImage(string file, Span<float> target)
    {
        FramePreprocessor preprocessor = _preprocessor ?? throw new EdgeException(EdgeError.BadInputFile, "the model carries no image preprocessing", "convert it with --preprocess, or give .npy files", file);
        if (preprocessor.Count != SampleFloats)
        {
            throw new EdgeException(EdgeError.BadInput, $"the model's input is {_input}, its preprocessing makes {preprocessor.Count} values", "convert the model again with a --preprocess file that fits its input", file);
        }
        ImageDecoder.Decode(file, _frame, _pixels);
        preprocessor.Prepare(_frame, target);
    }
}
