using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Signals;

/// <summary>Makes a model's input tensor from an image, as the model's <see cref="ImagePreprocessing"/> says.</summary>
public sealed class ImagePreprocessor
{
    private readonly ImagePreprocessing _spec;
    private readonly int _channels;

    /// <exception cref="EdgeException">The description breaks a rule.</exception>
    public ImagePreprocessor(ImagePreprocessing spec)
    {
        Validate(spec);
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
        PixelImage source = _spec.Channels == ChannelOrder.Gray ? image.ToGray() : image.ToRgb();
        (int width, int height) = FittedSize(source.Width, source.Height);
        PixelImage fitted = ImageResizer.Resize(source, width, height, _spec.Interpolation);
        Tensor values = Tensor.Allocate(DataType.F32, info.KnownShape);
        Fill(fitted, values.Span<float>());
        return Convert(values, info);
    }

    /// <summary>Size of the whole image after scaling, before it is cut or padded to the input's size.</summary>
    private (int Width, int Height) FittedSize(int width, int height) => _spec.Resize switch
    {
        ResizeMode.Stretch => (_spec.Width, _spec.Height),
        ResizeMode.Crop => Cover(width, height, (int)MathF.Round(_spec.Width / _spec.CropRatio), (int)MathF.Round(_spec.Height / _spec.CropRatio)),
        ResizeMode.Pad when width <= _spec.Width && height <= _spec.Height => (width, height),
        _ => Contain(width, height),
    };

    /// <summary>The smallest size of the same aspect ratio that covers a box; the other side is rounded down, as torchvision does.</summary>
    private static (int Width, int Height) Cover(int width, int height, int boxWidth, int boxHeight)
    {
        bool widthDecides = (long)boxWidth * height >= (long)boxHeight * width;
        return widthDecides
            ? (boxWidth, (int)Math.Clamp((long)boxWidth * height / width, boxHeight, MaxSide(boxWidth)))
            : ((int)Math.Clamp((long)boxHeight * width / height, boxWidth, MaxSide(boxHeight)), boxHeight);
    }

    // An image of 1 x 60000 pixels must not become one of gigabytes: only its centre is used anyway.
    private static long MaxSide(int decidingSide) => Math.Max(1 << 16, decidingSide);

    private (int Width, int Height) Contain(int width, int height)
    {
        double scale = Math.Min((double)_spec.Width / width, (double)_spec.Height / height);
        return (Math.Clamp((int)Math.Round(width * scale), 1, _spec.Width), Math.Clamp((int)Math.Round(height * scale), 1, _spec.Height));
    }

    /// <summary>value = (pixel * scale - mean[c]) / std[c], the image centred in the input.</summary>
    private void Fill(PixelImage image, Span<float> target)
    {
        int left = Centre(_spec.Width, image.Width);
        int top = Centre(_spec.Height, image.Height);
        int plane = _spec.Width * _spec.Height;
        for (int c = 0; c < _channels; c++)
        {
            int channel = _spec.Channels == ChannelOrder.Bgr ? 2 - c : c;
            for (int y = 0; y < _spec.Height; y++)
            {
                for (int x = 0; x < _spec.Width; x++)
                {
                    int sourceX = x - left;
                    int sourceY = y - top;
                    bool inside = (uint)sourceX < (uint)image.Width && (uint)sourceY < (uint)image.Height;
                    float pixel = inside ? image.Pixels[(((sourceY * image.Width) + sourceX) * _channels) + channel] : _spec.PadValue;
                    int at = (y * _spec.Width) + x;
                    target[_spec.ChannelsLast ? (at * _channels) + c : (c * plane) + at] = ((pixel * _spec.Scale) - _spec.Mean[c]) / _spec.Std[c];
                }
            }
        }
    }

    /// <summary>Where the image starts in the input; negative where it is cut. Halves are rounded to even, as torchvision does.</summary>
    private static int Centre(int input, int image) => input >= image ? (input - image) / 2 : -(int)Math.Round((image - input) / 2.0, MidpointRounding.ToEven);

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
