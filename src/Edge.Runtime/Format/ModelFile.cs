using Edge.Runtime.Graphs;

namespace Edge.Runtime.Format;

/// <summary>Everything that an <c>.edge</c> file holds, as objects. Written by EdgeWriter, read by EdgeReader.</summary>
public sealed record ModelFile
{
    public required Graph Graph { get; init; }

    /// <summary>Class names in order of the output's elements; empty where the model has none.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How raw input becomes input 0; null where the caller prepares it.</summary>
    public ImagePreprocessing? Image { get; init; }

    /// <summary>How a signal becomes input 0; null where the caller prepares it.</summary>
    public SignalPreprocessing? Signal { get; init; }

    /// <summary>Inputs with what the converter computed for them.</summary>
    public IReadOnlyList<GoldenSample> Goldens { get; init; } = [];

    /// <summary>What calibration observed, by value name.</summary>
    public IReadOnlyList<ValueStatistics> Statistics { get; init; } = [];

    public Provenance Provenance { get; init; } = new();
}

/// <summary>How an image that does not have the input's size is fitted to it.</summary>
public enum ResizeMode
{
    /// <summary>Both sides are scaled to the input's size; the aspect ratio changes.</summary>
    Stretch = 1,

    /// <summary>The shorter side is scaled to the input's size divided by <see cref="ImagePreprocessing.CropRatio"/>, then the centre is cut out.</summary>
    Crop = 2,

    /// <summary>The longer side is scaled to the input's size; the rest is filled with <see cref="ImagePreprocessing.PadValue"/>.</summary>
    Letterbox = 3,

    /// <summary>A smaller image is centred unscaled on the pad value; a larger one is treated as with <see cref="Letterbox"/>.</summary>
    Pad = 4,
}

public enum Interpolation
{
    Nearest = 1,
    Bilinear = 2,
    Bicubic = 3,
}

public enum ChannelOrder
{
    Rgb = 1,
    Bgr = 2,
    Gray = 3,
}

/// <summary>From an image of 8-bit pixels to an input tensor: value = (pixel * Scale - Mean[c]) / Std[c].</summary>
public sealed record ImagePreprocessing
{
    /// <summary>In pixels, at least 1.</summary>
    public required int Width { get; init; }

    public required int Height { get; init; }

    public ResizeMode Resize { get; init; } = ResizeMode.Stretch;

    /// <summary>For <see cref="ResizeMode.Crop"/>: input side / resized shorter side, in (0, 1]; 0.875 is 224 of 256.</summary>
    public float CropRatio { get; init; } = 1;

    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>The tensor is [1,H,W,C] instead of [1,C,H,W].</summary>
    public bool ChannelsLast { get; init; }

    public float Scale { get; init; } = 1;

    /// <summary>One per channel.</summary>
    public float[] Mean { get; init; } = [0, 0, 0];

    public float[] Std { get; init; } = [1, 1, 1];

    /// <summary>Pixel value 0..255 of the area outside the image.</summary>
    public float PadValue { get; init; }
}

/// <summary>From a sampled signal to an input tensor.</summary>
public sealed record SignalPreprocessing
{
    /// <summary>Samples per window and channel.</summary>
    public required int Window { get; init; }

    /// <summary>Samples from the start of one window to the start of the next.</summary>
    public required int Hop { get; init; }

    /// <summary>Samples per second that the model expects.</summary>
    public required float SampleRate { get; init; }

    /// <summary>Corner frequencies in Hz; 0 switches the filter off.</summary>
    public float HighPass { get; init; }

    public float LowPass { get; init; }

    /// <summary>Mains frequency that is notched out, 50 or 60 Hz; 0 = none.</summary>
    public float Notch { get; init; }

    /// <summary>Each window is shifted and scaled to mean 0 and standard deviation 1.</summary>
    public bool Standardize { get; init; }

    /// <summary>Samples of the window before the R peak of a beat, less than the window; null where windows follow each other by <see cref="Hop"/>.</summary>
    public int? BeforeBeat { get; init; }
}

/// <summary>Range of one value over the calibration set.</summary>
/// <param name="Histogram">Counts of equally wide bins from <paramref name="Min"/> to <paramref name="Max"/>; may be empty.</param>
public sealed record ValueStatistics(string Value, float Min, float Max, float Mean, float Std, IReadOnlyList<long> Histogram);

/// <summary>Where a model comes from.</summary>
public sealed record Provenance
{
    /// <summary>Program and version that wrote the file.</summary>
    public string Writer { get; init; } = "";

    /// <summary>File name of the source model, without folder.</summary>
    public string Source { get; init; } = "";

    /// <summary>SHA-256 of the source model, lower-case hexadecimal.</summary>
    public string SourceSha256 { get; init; } = "";

    /// <summary>Exporter named in the source model.</summary>
    public string Producer { get; init; } = "";
}
