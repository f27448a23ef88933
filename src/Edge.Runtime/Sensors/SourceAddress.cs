using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors;

/// <summary>
/// Where samples or frames come from, as a URI: <c>scheme://path?name=value&amp;...</c>. Values are percent-decoded. Every
/// parameter has to be asked for: <see cref="RequireAllUsed"/> refuses the others, so that a misspelt one is not ignored.
/// </summary>
public sealed class SourceAddress
{
    private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private SourceAddress(string text, string scheme, string path)
    {
        Text = text;
        Scheme = scheme;
        Path = path;
    }

    /// <summary>As it was given.</summary>
    public string Text { get; }

    /// <summary>What comes before the colon, in lower case.</summary>
    public string Scheme { get; }

    /// <summary>What comes between <c>//</c> and <c>?</c>, decoded: <c>/dev/video0</c>, <c>1/0x48</c>, <c>camera</c>. For <c>exec:</c> the whole rest.</summary>
    public string Path { get; }

    /// <exception cref="EdgeException">The text is no address.</exception>
    public static SourceAddress Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || !text.AsSpan(0, colon).ToString().All(char.IsAsciiLetterOrDigit))
        {
            throw new EdgeException(EdgeError.BadSourceAddress, $"'{text}' is no source address", "write scheme://path?name=value, for example v4l2:///dev/video0?width=640 or wfdb:///data/100");
        }
        string scheme = text[..colon].ToLowerInvariant();
        string rest = text[(colon + 1)..];
        if (scheme == "exec")
        {
            return new SourceAddress(text, scheme, rest);
        }
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            rest = rest[2..];
        }
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? rest : rest[..question];
        var address = new SourceAddress(text, scheme, Uri.UnescapeDataString(path));
        foreach (string pair in question < 0 ? [] : rest[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? pair : pair[..equals];
            string value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            if (!address._parameters.TryAdd(name, value))
            {
                throw address.Wrong($"the parameter '{name}' is given twice", "give it once");
            }
        }
        return address;
    }

    /// <summary>A parameter's text; null where it is not given.</summary>
    public string? Find(string name)
    {
        _used.Add(name);
        return _parameters.GetValueOrDefault(name);
    }

    /// <summary>A parameter that has to be one of some words.</summary>
    /// <exception cref="EdgeException">It is another one.</exception>
    public string Word(string name, string defaultValue, params ReadOnlySpan<string> allowed)
    {
        string value = Find(name) ?? defaultValue;
        return allowed.Contains(value) ? value : throw Wrong($"{name} is '{value}', expected {string.Join(", ", allowed.ToArray())}", "correct the parameter");
    }

    /// <exception cref="EdgeException">It is no number, or out of range.</exception>
    public double Number(string name, double defaultValue, double least, double most)
    {
        if (Find(name) is not { } text)
        {
            return defaultValue;
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most
            ? value
            : throw Wrong($"{name} is '{text}', expected a number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)}", "correct the parameter");
    }

    /// <summary>An integer; hexadecimal with <c>0x</c>.</summary>
    /// <exception cref="EdgeException">It is no integer, or out of range.</exception>
    public int Integer(string name, int defaultValue, int least, int most) =>
        Find(name) is { } text ? ToInteger(name, text, least, most) : defaultValue;

    /// <summary>An integer that is part of the path.</summary>
    /// <exception cref="EdgeException">It is no integer, or out of range.</exception>
    public int ToInteger(string what, string text, int least, int most)
    {
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = hexadecimal
            ? int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        return isNumber && value >= least && value <= most ? value : throw Wrong($"{what} is '{text}', expected an integer from {least} to {most}", "correct the address");
    }

    /// <exception cref="EdgeException">A parameter was given that nobody asked for.</exception>
    public void RequireAllUsed()
    {
        foreach (string name in _parameters.Keys.Where(n => !_used.Contains(n)))
        {
            throw Wrong($"the parameter '{name}' is unknown", _used.Count == 0 ? "remove it" : $"use {string.Join(", ", _used.Order(StringComparer.Ordinal))}");
        }
    }

    /// <summary>An error at this address.</summary>
    public EdgeException Wrong(string problem, string remedy) => new(EdgeError.BadSourceAddress, problem, remedy, Text);

    public override string ToString() => Text;
}
