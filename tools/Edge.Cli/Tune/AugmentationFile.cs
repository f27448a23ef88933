using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>The file of <c>--augment</c>: <c>{"flip": 0.5, "rotate": 10, "copies": 4}</c>.</summary>
internal sealed record AugmentationFile
{
    public float Flip { get; init; }

    public float Translate { get; init; }

    public float Scale { get; init; }

    public float Rotate { get; init; }

    public float Jitter { get; init; }

    public float Cutout { get; init; }

    public float TimeShift { get; init; }

    public float Amplitude { get; init; }

    public float Wander { get; init; }

    public float Noise { get; init; }

    /// <summary>Changed copies of each sample for a frozen trunk.</summary>
    public int Copies { get; init; } = 1;

    /// <exception cref="EdgeException">The file cannot be read, is no JSON, or has unknown members.</exception>
    public static AugmentationFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(DeltaFiles.Read(path), TuneJson.Default.AugmentationFile) ?? new AugmentationFile();
        }
        catch (JsonException exception)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file is not valid: {exception.Message}", "see docs/training.md", path, exception);
        }
    }

    public Augmentation ToAugmentation() => new()
    {
        Flip = Flip,
        Translate = Translate,
        Scale = Scale,
        Rotate = Rotate,
        Jitter = Jitter,
        Cutout = Cutout,
        TimeShift = TimeShift,
        Amplitude = Amplitude,
        Wander = Wander,
        Noise = Noise,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AugmentationFile))]
internal sealed partial class TuneJson : JsonSerializerContext;
