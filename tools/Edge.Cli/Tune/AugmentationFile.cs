using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>
/// The file of <c>--augment</c>: <c>{"flip": 0.5, "rotate": 10, "copies": 4}</c>, or a preprocessing file with that as its <c>augment</c>. The
/// properties have setters because generated JSON readers ignore the defaults of init-only ones.
/// </summary>
internal sealed record AugmentationFile
{
    public float Flip { get; set; }

    public float Translate { get; set; }

    public float Scale { get; set; }

    public float Rotate { get; set; }

    public float Jitter { get; set; }

    public float Cutout { get; set; }

    public float TimeShift { get; set; }

    public float Amplitude { get; set; }

    public float Wander { get; set; }

    public float Noise { get; set; }

    /// <summary>Changed copies of each sample for a frozen trunk.</summary>
    public int Copies { get; set; } = 1;

    /// <exception cref="EdgeException">The file cannot be read, is no JSON, or has unknown members.</exception>
    public static AugmentationFile Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(DeltaFiles.Read(path));
            bool isPipeline = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("augment", out JsonElement _);
            JsonElement element = isPipeline ? document.RootElement.GetProperty("augment") : document.RootElement;
            return element.Deserialize(TuneJson.Default.AugmentationFile) ?? new AugmentationFile();
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
