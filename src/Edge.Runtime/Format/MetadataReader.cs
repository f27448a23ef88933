using Edge.Runtime.Diagnostics;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>Reads everything of a header that is not the graph.</summary>
internal static class MetadataReader
{
    private const float MaxRate = 1e9f;

    public static ImagePreprocessing Image(Wire.ImagePreprocessing wire)
    {
        Require(wire.Width is >= 1 and <= Limits.MaxSamples && wire.Height is >= 1 and <= Limits.MaxSamples, $"the image size is {wire.Width} x {wire.Height}");
        Require(Enum.IsDefined((ResizeMode)wire.Resize), $"resize mode {(int)wire.Resize} is unknown to this version");
        Require(Enum.IsDefined((Interpolation)wire.Interpolation), $"interpolation {(int)wire.Interpolation} is unknown to this version");
        Require(Enum.IsDefined((ChannelOrder)wire.Channels), $"channel order {(int)wire.Channels} is unknown to this version");
        int channels = wire.Channels == Wire.ChannelOrder.Gray ? 1 : 3;
        Require(wire.Mean.Count == channels && wire.Std.Count == channels, $"the image has {channels} channels, {wire.Mean.Count} means and {wire.Std.Count} standard deviations are stored");
        Require(wire.Mean.Concat(wire.Std).All(float.IsFinite) && !wire.Std.Contains(0) && float.IsFinite(wire.Scale), "scale, means or standard deviations of the image are not usable numbers");
        Require(wire.CropRatio is > 0 and <= 1, $"the crop ratio is {wire.CropRatio}, expected more than 0, at most 1");
        Require(wire.PadValue is >= 0 and <= 255, $"the pad value is {wire.PadValue}, expected 0 to 255");
        return new ImagePreprocessing
        {
            Width = (int)wire.Width,
            Height = (int)wire.Height,
            Resize = (ResizeMode)wire.Resize,
            CropRatio = wire.CropRatio,
            Interpolation = (Interpolation)wire.Interpolation,
            Channels = (ChannelOrder)wire.Channels,
            ChannelsLast = wire.ChannelsLast,
            Scale = wire.Scale,
            Mean = [.. wire.Mean],
            Std = [.. wire.Std],
            PadValue = wire.PadValue,
        };
    }

    public static SignalPreprocessing Signal(Wire.SignalPreprocessing wire)
    {
        Require(wire.Window is >= 1 and <= Limits.MaxSamples && wire.Hop is >= 1 and <= Limits.MaxSamples, $"the signal window is {wire.Window} samples every {wire.Hop}");
        Require(wire.SampleRate is > 0 and <= MaxRate, $"the sample rate is {wire.SampleRate} Hz");
        Require(wire.HighPass is >= 0 and <= MaxRate && wire.LowPass is >= 0 and <= MaxRate && wire.Notch is >= 0 and <= MaxRate, $"the filter frequencies are {wire.HighPass}, {wire.LowPass} and {wire.Notch} Hz");
        Require(!wire.HasBeforeBeat || wire.BeforeBeat < wire.Window, $"a window of {wire.Window} samples begins {wire.BeforeBeat} samples before the beat");
        return new SignalPreprocessing
        {
            Window = (int)wire.Window,
            Hop = (int)wire.Hop,
            SampleRate = wire.SampleRate,
            HighPass = wire.HighPass,
            LowPass = wire.LowPass,
            Notch = wire.Notch,
            Standardize = wire.Standardize,
            BeforeBeat = wire.HasBeforeBeat ? (int)wire.BeforeBeat : null,
        };
    }

    public static ValueStatistics Statistics(Wire.ValueStatistics wire)
    {
        string name = GraphReader.Name(wire.Value, "a value");
        Require(wire.Min <= wire.Max, $"the statistics of '{name}' range from {wire.Min} to {wire.Max}");
        Require(wire.Histogram.All(c => c <= long.MaxValue), $"the histogram of '{name}' has a count beyond 63 bits");
        return new ValueStatistics(name, wire.Min, wire.Max, wire.Mean, wire.Std, [.. wire.Histogram.Select(c => (long)c)]);
    }

    public static Provenance Provenance(Wire.Provenance? wire) => wire is null ? new Provenance() : new Provenance
    {
        Writer = GraphReader.Name(wire.Writer, "the writer"),
        Source = GraphReader.Name(wire.Source, "the source"),
        SourceSha256 = wire.SourceDigest.Length > 0 ? Convert.ToHexStringLower(wire.SourceDigest.Span) : GraphReader.Name(wire.SourceSha256, "the source's hash"),
        Producer = GraphReader.Name(wire.Producer, "the producer"),
    };
}
