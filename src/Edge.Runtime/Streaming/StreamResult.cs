using System.Text.Json.Serialization;

namespace Edge.Runtime.Streaming;

/// <summary>A class and its probability.</summary>
/// <param name="Label">Null where the model has no label for the class.</param>
public sealed record ClassScore(int Index, string? Label, float Probability);

/// <summary>Something that was found in an image, in pixels of the frame.</summary>
/// <param name="Classes">What the second model of a cascade says about it.</param>
public sealed record FoundBox(float Left, float Top, float Right, float Bottom, int Index, string? Label, float Score, ClassScore[]? Classes = null);

/// <summary>A heart beat.</summary>
/// <param name="Sample">Of the R peak, from the start of the stream.</param>
/// <param name="Millivolts">Deflection of the R peak.</param>
/// <param name="RrSeconds">Since the beat before; null after a gap.</param>
/// <param name="HeartRate">Beats per minute over the last intervals; null where there are too few.</param>
public sealed record BeatReport(long Sample, float Millivolts, double? RrSeconds, double? HeartRate);

/// <summary>Heart rate variability, in milliseconds and parts.</summary>
public sealed record RhythmReport(int Intervals, double? HeartRate, double? SdnnMs, double? RmssdMs, double? Pnn50);

/// <summary>Something that begins or ends, after debouncing.</summary>
public sealed record EventReport(string Name, bool Active, float Score);

/// <summary>What a stream found out. One of the reports is there, as <see cref="Kind"/> says.</summary>
public sealed record StreamResult
{
    /// <summary>Name of the stream.</summary>
    public required string Stream { get; init; }

    /// <summary><c>classes</c>, <c>boxes</c>, <c>beat</c>, <c>rhythm</c>, <c>quality</c>, <c>event</c>, <c>source</c> or <c>model</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Counts the results of the stream, from 0.</summary>
    public long Sequence { get; init; }

    /// <summary>Number of the frame, or of the sample.</summary>
    public long Position { get; init; }

    /// <summary>When it was found, by the wall clock.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>First 16 hexadecimal digits of the SHA-256 of the model file that computed it.</summary>
    public string? Model { get; init; }

    /// <summary>Milliseconds of the inference.</summary>
    public double? InferenceMs { get; init; }

    /// <summary>Milliseconds from the moment the frame or the deciding sample was taken to the result.</summary>
    public double? AgeMs { get; init; }

    public ClassScore[]? Classes { get; init; }

    public FoundBox[]? Boxes { get; init; }

    public BeatReport? Beat { get; init; }

    public RhythmReport? Rhythm { get; init; }

    /// <summary><c>good</c>, or what is wrong with the signal: <c>gap</c>, <c>flat_line</c>, <c>saturated</c>, <c>lead_off</c>, <c>noisy</c>.</summary>
    public string[]? Quality { get; init; }

    public EventReport? Event { get; init; }

    /// <summary>For people: what happened to the source or the model.</summary>
    public string? Text { get; init; }
}

/// <summary>Results as JSON: one object, no line breaks, absent where null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StreamResult))]
public sealed partial class StreamJson : JsonSerializerContext;
