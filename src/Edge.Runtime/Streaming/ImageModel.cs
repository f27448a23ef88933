using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals;
using Edge.Runtime.Sensors;

namespace Edge.Runtime.Streaming;

/// <summary>A model with its preprocessing and the reading of its outputs, for frames.</summary>
internal sealed class ImageModel
{
    private readonly FramePreprocessor _preprocessor;
    private readonly BoxDecoder? _decoder;
    private readonly float[] _input;

    /// <exception cref="EdgeException">The model carries no image preprocessing, or its input or outputs do not fit.</exception>
    public ImageModel(ModelInstance instance, BoxRules? boxes)
    {
        Instance = instance;
        if (instance.Model.Image is not { } image)
        {
            throw new EdgeException(EdgeError.ModelRefused, "the model carries no image preprocessing", "convert it with --preprocess", instance.Path);
        }
        _preprocessor = new FramePreprocessor(image);
        long expected = instance.Input.Info.KnownShape.Count;
        if (_preprocessor.Count != expected)
        {
            throw new EdgeException(EdgeError.ModelRefused, $"the model's input {instance.Input.Info} has {expected} elements, its preprocessing makes {_preprocessor.Count}", "convert it with a --preprocess file that fits its input", instance.Path);
        }
        _decoder = boxes is null ? null : new BoxDecoder(boxes, [.. instance.Outputs.Select(o => o.Info)], image.Width, image.Height);
        _input = new float[expected];
    }

    public ModelInstance Instance { get; }

    /// <summary>Of the last run.</summary>
    public ReadOnlySpan<float> Input => _input;

    /// <summary>Runs the model on a part of a frame.</summary>
    /// <returns>Milliseconds of the inference, and what is wrong with its outputs.</returns>
    public (double Milliseconds, string? Problem) Run(ImageFrame frame, PixelRegion region)
    {
        _preprocessor.Prepare(frame, region, _input);
        try
        {
            double milliseconds = Instance.Run(_input);
            return (milliseconds, Instance.IsFinite() ? null : "NaN or infinity in the outputs");
        }
        catch (EdgeException exception)
        {
            return (0, exception.Message);
        }
    }

    public ClassScore[] Classes(int count, float least) => TopScores.Find(Instance.Output(0), Instance.Model.Labels, count, least);

    public FoundBox[] Boxes()
    {
        (int scores, int boxes) = _decoder!.Outputs;
        return _decoder.Decode(Instance.Output(scores), Instance.Output(boxes), _preprocessor.Placement, Instance.Model.Labels);
    }
}
