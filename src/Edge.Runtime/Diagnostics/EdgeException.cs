using System.Globalization;

namespace Edge.Runtime.Diagnostics;

/// <summary>
/// The one exception type of Edge. The message reads
/// <c>EC1203 Conv 'stem/conv1': pads has 3 values [1,1,1], expected 4. Remedy: ...</c>: code, place, offending values, rule, remedy.
/// </summary>
public sealed class EdgeException : Exception
{
    public EdgeException(EdgeError error, string message, string? remedy = null, string? place = null, Exception? inner = null)
        : base(Format(error, message, remedy, place), inner)
    {
        Error = error;
        Problem = message;
        Remedy = remedy;
        Place = place;
    }

    public EdgeError Error { get; }

    /// <summary>What is wrong, with the values and the rule, without code, place and remedy.</summary>
    public string Problem { get; }

    /// <summary>What the user can do.</summary>
    public string? Remedy { get; }

    /// <summary>File or node: <c>Conv 'stem/conv1'</c>.</summary>
    public string? Place { get; }

    /// <summary><c>EC1203</c>.</summary>
    public static string Code(EdgeError error) => string.Create(CultureInfo.InvariantCulture, $"EC{(int)error}");

    /// <summary>This exception with the place filled in, where it has none yet.</summary>
    public EdgeException At(string place) => Place is null ? new EdgeException(Error, Problem, Remedy, place, InnerException) : this;

    private static string Format(EdgeError error, string message, string? remedy, string? place)
    {
        string at = place is null ? "" : $" {place}:";
        string end = remedy is null ? "" : $"{(message.EndsWith('.') ? "" : ".")} Remedy: {remedy}";
        return $"{Code(error)}{at} {message}{end}";
    }
}
