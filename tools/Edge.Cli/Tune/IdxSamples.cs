using System.Buffers.Binary;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>Images of a pair of IDX files (LeCun, "THE MNIST DATABASE"), through the model's preprocessing whenever they are read.</summary>
internal sealed class IdxSamples : ISampleSet
{
    private const int ImageHeader = 16;
    private const int LabelHeader = 8;

    private readonly FileBytes _images;
    private readonly byte[] _labels;
    private readonly FramePreprocessor _preprocessor;
    private readonly ImageFrame _frame = new();
    private readonly int _height;
    private readonly int _width;

    /// <param name="images">The file <c>*-images-idx3-ubyte</c>; its labels lie beside it as <c>*-labels-idx1-ubyte</c>.</param>
    /// <exception cref="EdgeException">A file is no IDX file, both do not belong together, or the model carries no image preprocessing.</exception>
    public IdxSamples(string images, ModelFile model)
    {
        _images = new FileBytes(images);
        var labels = new FileBytes(images.Replace("-images-idx3-", "-labels-idx1-", StringComparison.Ordinal));
        (int count, _height, _width) = (Int(4, images), Int(8, images), Int(12, images));
        if (count < 0 || _height < 1 || _width < 1 || _images.Length != ImageHeader + ((long)count * _height * _width) || labels.Length != LabelHeader + count)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the header says {count} images of {_height} x {_width}, the files have {_images.Length} and {labels.Length} bytes", "use another file", images);
        }
        _labels = labels.ReadToEnd(LabelHeader);
        _preprocessor = new FramePreprocessor(model.Image ?? throw new EdgeException(EdgeError.BadInputFile, "the model carries no image preprocessing", "convert it with --preprocess", images));
        TensorInfo input = model.Graph.Inputs[0].Info;
        if (_preprocessor.Count != input.KnownShape.Count / Math.Max(1, input.KnownShape[0]))
        {
            throw new EdgeException(EdgeError.BadInput, $"the model's input is {input}, its preprocessing makes {_preprocessor.Count} values", "convert the model again with a --preprocess file that fits its input", images);
        }
    }

    public int Count => _labels.Length;

    public int SampleFloats => _preprocessor.Count;

    /// <summary>Class of each image.</summary>
    public ReadOnlySpan<byte> Labels => _labels;

    public int Label(int index) => _labels[index];

    public void Read(int index, Span<float> target)
    {
        int pixels = _height * _width;
        _images.Read(ImageHeader + ((long)index * pixels), _frame.Prepare(FrameFormat.Gray8, _width, _height));
        _preprocessor.Prepare(_frame, target);
    }

    private int Int(int at, string file)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (_images.Length < ImageHeader)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the file is too short for an IDX file", "use another file", file);
        }
        _images.Read(at, bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }
}
