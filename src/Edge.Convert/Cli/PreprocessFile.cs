using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Signals;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Convert.Cli;

/// <summary>
/// The --preprocess file: how raw input becomes the model's input. Exactly one of the two is given. The properties have
/// setters because generated JSON readers ignore the defaults of init-only ones.
/// </summary>
internal sealed record PreprocessFile
{
    public ImageSection? Image { get; set; }

    public SignalSection? Signal { get; set; }

    /// <summary>Changes of training samples, for edge tune --augment; conversion does not look at it.</summary>
    public JsonElement? Augment { get; set; }

    /// <exception cref="EdgeException">The file cannot be read or breaks a rule; unknown fields are refused.</exception>
    public static (ImagePreprocessing? Image, SignalPreprocessing? Signal) Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            PreprocessFile? parsed = JsonSerializer.Deserialize(file, PreprocessJson.Default.PreprocessFile);
            return parsed switch
            {
                { Image: { } image, Signal: null } => (image.ToPreprocessing(), null),
                { Image: null, Signal: { } signal } => (null, signal.ToPreprocessing()),
                _ => throw new EdgeException(EdgeError.BadInputFile, "the file has to hold either \"image\" or \"signal\"", "see docs/cli.md"),
            };
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
        catch (JsonException exception)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file is not a valid description: {exception.Message}", "see docs/cli.md for the fields", path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    internal sealed record ImageSection
    {
        [JsonRequired]
        public int Width { get; set; }

        [JsonRequired]
        public int Height { get; set; }

        public ResizeMode Resize { get; set; } = ResizeMode.Stretch;

        public float CropRatio { get; set; } = 1;

        public Interpolation Interpolation { get; set; } = Interpolation.Bilinear;

        public ChannelOrder Channels { get; set; } = ChannelOrder.Rgb;

        public TensorLayout Layout { get; set; } = TensorLayout.Nchw;

        public float Scale { get; set; } = 1;

        public float[]? Mean { get; set; }

        public float[]? Std { get; set; }

        public float PadValue { get; set; }

        public ImagePreprocessing ToPreprocessing()
        {
            int channels = Channels == ChannelOrder.Gray ? 1 : 3;
            var result = new ImagePreprocessing
            {
                Width = Width,
                Height = Height,
                Resize = Resize,
                CropRatio = CropRatio,
                Interpolation = Interpolation,
                Channels = Channels,
                ChannelsLast = Layout == TensorLayout.Nhwc,
                Scale = Scale,
                Mean = Mean ?? new float[channels],
                Std = Std ?? [.. Enumerable.Repeat(1f, channels)],
                PadValue = PadValue,
            };
            ImagePreprocessor.Validate(result);
            return result;
        }
    }

    internal sealed record SignalSection
    {
        [JsonRequired]
        public int Window { get; set; }

        /// <summary>0 = the window: windows do not overlap.</summary>
        public int Hop { get; set; }

        [JsonRequired]
        public float SampleRate { get; set; }

        public float HighPass { get; set; }

        public float LowPass { get; set; }

        public float Notch { get; set; }

        public bool Standardize { get; set; }

        /// <summary>Samples before the R peak; null = windows by hop.</summary>
        public int? BeforeBeat { get; set; }

        public SignalPreprocessing ToPreprocessing()
        {
            var result = new SignalPreprocessing
            {
                Window = Window,
                Hop = Hop == 0 ? Window : Hop,
                SampleRate = SampleRate,
                HighPass = HighPass,
                LowPass = LowPass,
                Notch = Notch,
                Standardize = Standardize,
                BeforeBeat = BeforeBeat,
            };
            EcgPreprocessor.Validate(result);
            return result;
        }
    }
}

internal enum TensorLayout
{
    Nchw = 1,
    Nhwc = 2,
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(PreprocessFile))]
internal sealed partial class PreprocessJson : JsonSerializerContext;
