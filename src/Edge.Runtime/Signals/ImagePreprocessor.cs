using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;

namespace Edge.Runtime.Signals;

/// <summary>Makes a model's input tensor from an image, as the model's <see cref="ImagePreprocessing"/> says.</summary>
public sealed class ImagePreprocessor
{
    private readonly ImagePreprocessing _spec;
    private readonly FramePreprocessor _rows;
    private readonly int _channels;

    /// <exception cref="EdgeException">The description breaks a rule.</exception>
    public ImagePreprocessor(ImagePreprocessing spec)
    {
        _rows = new FramePreprocessor(spec);
        _spec = spec;
        _channels = spec.Channels == ChannelOrder.Gray ? 1 : 3;
    }

    /// <summary>Shape of the tensor: [1,C,H,W], or [1,H,W,C] with channels last.</summary>
    public Shape Shape => _spec.ChannelsLast ? new Shape(1, _spec.Height, _spec.Width, _channels) : new Shape(1, _channels, _spec.Height, _spec.Width);

    /// <summary>Refuses sizes below 1, a crop ratio outside (0, 1], and lists that do not have one value per channel.</summary>
    public static void Validate(ImagePreprocessing spec)
    {
        int channels = spec.Channels == ChannelOrder.Gray ? 1 : 3;
        Require(spec.Width is > 0 and <= 1 << 14 && spec.Height is > 0 and <= 1 << 14, $"the size is {spec.Width} x {spec.Height}, expected 1 to {1 << 14} pixels");
        Require(Enum.IsDefined(spec.Resize) && Enum.IsDefined(spec.Interpolation) && Enum.IsDefined(spec.Channels), "resize, interpolation or channels is not one of the known words");
        Require(spec.CropRatio is > 0 and <= 1, $"crop_ratio is {spec.CropRatio}, expected more than 0 and at most 1");
        Require(spec.Mean.Length == channels && spec.Std.Length == channels, $"mean has {spec.Mean.Length} and std {spec.Std.Length} values, expected {channels}: one per channel");
        Require(spec.Mean.All(float.IsFinite) && float.IsFinite(spec.Scale) && float.IsFinite(spec.PadValue), "scale, mean and pad_value have to be finite");
        Require(spec.Std.All(s => float.IsFinite(s) && s != 0), $"std holds [{string.Join(", ", spec.Std)}], expected finite values other than 0");
    }

    /// <summary>The input tensor for <paramref name="image"/>.</summary>
    /// <param name="info">Type and shape that the model expects: f32, f16, u8 or s8, with as many elements as <see cref="Shape"/>.</param>
    public Tensor Prepare(PixelImage image, TensorInfo info)
    {
        if (info.KnownShape.Count != Shape.Count)
        {
            throw new EdgeException(EdgeError.BadInput, $"the model's input is {info}, its preprocessing makes {Shape}", "convert the model again with a --preprocess file that fits its input");
        }
        var frame = new ImageFrame();
        image.ToRgb().Pixels.CopyTo(frame.Prepare(FrameFormat.Rgb24, image.Width, image.Height));
        Tensor values = Tensor.Allocate(DataType.F32, info.KnownShape);
        _rows.Prepare(frame, values.Span<float>());
        return Convert(values, info);
    }

    private static Tensor Convert(Tensor values, TensorInfo info)
    {
        if (info.Type == DataType.F32)
        {
            return values;
        }
        Tensor result = Tensor.Allocate(info with { Quant = null });
        Span<float> source = values.Span<float>();
        for (int i = 0; i < source.Length; i++)
        {
            switch (info.Type)
            {
                case DataType.F16: result.Span<Half>()[i] = (Half)source[i]; break;
                case DataType.U8: result.Span<byte>()[i] = (byte)Math.Clamp(MathF.Round(source[i]), 0, 255); break;
                case DataType.S8: result.Span<sbyte>()[i] = (sbyte)Math.Clamp(MathF.Round(source[i]), -128, 127); break;
                default: throw new EdgeException(EdgeError.BadInput, $"the model's input is {info}, images can become f32, f16, u8 or s8");
            }
        }
        return result;
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the preprocessing is not valid: {problem}", "correct the --preprocess file");
        }
    }
}
