using Edge.Runtime.Diagnostics;

namespace Edge.Convert;

/// <summary>A model that cannot be converted, with every problem found.</summary>
public sealed class ConversionException(string file, IReadOnlyList<EdgeException> problems)
    : Exception(string.Join(Environment.NewLine, problems.Select(p => $"{file}: {p.Message}")))
{
    public string File => file;

    public IReadOnlyList<EdgeException> Problems => problems;
}
