using Edge.Runtime.Diagnostics;

namespace Edge.Conformance.Tests;

/// <summary>Conformance cases that Edge refuses, with the error that says so. Everything else has to pass.</summary>
internal static class KnownGaps
{
    private static readonly Dictionary<string, EdgeError> Gaps = new(StringComparer.Ordinal)
    {
    };

    /// <summary>The error with which a case is refused, or null where it has to pass.</summary>
    public static EdgeError? Find(string name) => Gaps.TryGetValue(name, out EdgeError error) ? error : null;
}
