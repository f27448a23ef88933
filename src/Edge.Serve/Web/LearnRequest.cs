using System.Text.Json.Serialization;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Hosting;

namespace Edge.Serve.Web;

/// <summary>Body of POST <c>/learn/STREAM</c>: a label, or something to be done. Setters, because generated JSON readers ignore the defaults of init-only properties.</summary>
internal sealed record LearnRequest
{
    public const string Expected = "expected {\"label\": \"CLASS\", \"count\": N} or {\"do\": \"commit\"}, forget or undo";

    public string? Label { get; set; }

    /// <summary>Inputs that the label belongs to: the last one, and those that follow.</summary>
    public int Count { get; set; } = 1;

    public string? Do { get; set; }

    /// <summary>Does it.</summary>
    /// <returns>The answer.</returns>
    /// <exception cref="EdgeException">It cannot be done.</exception>
    public string Apply(StreamLearner learner) => (Label, Do) switch
    {
        ({ } label, null) when Count is >= 1 and <= 10_000 => learner.Label(label, Count),
        (null, "commit") => learner.Commit(),
        (null, "forget") => learner.Forget(),
        (null, "undo") => learner.Undo(),
        _ => throw new EdgeException(EdgeError.BadOption, $"the request is not known, {Expected}"),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LearnRequest))]
internal sealed partial class LearnJson : JsonSerializerContext;
