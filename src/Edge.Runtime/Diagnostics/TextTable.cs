using System.Text;

namespace Edge.Runtime.Diagnostics;

/// <summary>Columns of text, aligned with spaces: what the commands print for people.</summary>
/// <param name="headers">Titles; a title that starts with '&gt;' (not printed) aligns its column to the right.</param>
public sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with one cell per header.</summary>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, headers.Length);
        _rows.Add(cells);
    }

    /// <summary>The table, a line per row, each ending in a newline.</summary>
    public override string ToString()
    {
        string[] titles = [.. headers.Select(h => h.TrimStart('>'))];
        int[] widths = [.. titles.Select((t, i) => _rows.Select(r => r[i].Length).Append(t.Length).Max())];
        var text = new StringBuilder();
        if (titles.Any(t => t.Length > 0))
        {
            Append(text, titles, widths);
        }
        foreach (string[] row in _rows)
        {
            Append(text, row, widths);
        }
        return text.ToString();
    }

    private void Append(StringBuilder text, string[] cells, int[] widths)
    {
        int start = text.Length;
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append(i > 0 ? "  " : "").Append(headers[i].StartsWith('>') ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }
        while (text.Length > start && text[^1] == ' ')
        {
            text.Length--;
        }
        text.Append('\n');
    }
}
