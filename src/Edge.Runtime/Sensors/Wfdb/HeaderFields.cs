using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>The words of one header line, taken one after the other.</summary>
/// <param name="line">Without line end.</param>
/// <param name="number">Counted from 1, for messages.</param>
internal ref struct HeaderFields(string line, int number)
{
    private int _at;

    public string Word(string what) => TryWord(out string word)
        ? word
        : throw new EdgeException(EdgeError.RecordingMalformed, $"line {number} of the header has no {what}: '{Shorten(line)}'", "copy the whole header");

    public bool TryWord(out string word)
    {
        while (_at < line.Length && char.IsWhiteSpace(line[_at]))
        {
            _at++;
        }
        int start = _at;
        while (_at < line.Length && !char.IsWhiteSpace(line[_at]))
        {
            _at++;
        }
        word = line[start.._at];
        return word.Length > 0;
    }

    /// <summary>What is left of the line.</summary>
    public string Rest()
    {
        string rest = line[_at..].Trim();
        _at = line.Length;
        return rest;
    }

    public long Integer(string what, long least, long most) => Integer(what, Word(what), least, most);

    public readonly long Integer(string what, string word, long least, long most) =>
        long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value
            : throw Bad(what, word, $"an integer from {least} to {most}");

    public int? OptionalInteger(string what, int least, int most) => TryWord(out string word) ? (int)Integer(what, word, least, most) : null;

    public readonly double Number(string what, string word) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Bad(what, word, "a number");

    public readonly EdgeException Bad(string what, string word, string rule) =>
        new(EdgeError.RecordingMalformed, $"line {number} of the header: the {what} is '{Shorten(word)}', expected {rule}", "correct the header");

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
