using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Reports;

/// <summary>
/// A part of a Markdown document that a command owns: everything between <c>&lt;!-- begin NAME --&gt;</c> and
/// <c>&lt;!-- end NAME --&gt;</c>. Writing it again replaces it and leaves the rest alone.
/// </summary>
public static class MarkdownSection
{
    /// <summary><paramref name="document"/> with the section's content replaced, or with the section at its end where it has none.</summary>
    /// <param name="name">Name of the section.</param>
    /// <param name="content">New content, without the markers.</param>
    /// <exception cref="EdgeException">One of the two markers is missing, stands twice, or the end comes first.</exception>
    public static string Replace(string document, string name, string content)
    {
        string begin = $"<!-- begin {name} -->";
        string end = $"<!-- end {name} -->";
        string section = $"{begin}\n\n{content.Trim('\n')}\n\n{end}";
        int from = document.IndexOf(begin, StringComparison.Ordinal);
        int to = document.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 && to < 0)
        {
            string before = document.TrimEnd('\n');
            return $"{before}{(before.Length == 0 ? "" : "\n\n")}{section}\n";
        }
        bool single = document.LastIndexOf(begin, StringComparison.Ordinal) == from && document.LastIndexOf(end, StringComparison.Ordinal) == to;
        if (from < 0 || to < from || !single)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the lines '{begin}' and '{end}' do not stand once each, in this order", "correct the document by hand", name);
        }
        return document[..from] + section + document[(to + end.Length)..];
    }

    /// <summary>Replaces the section in a file, which is made where it is missing.</summary>
    public static void Write(string path, string name, string content)
    {
        string document = File.Exists(path) ? File.ReadAllText(path) : "";
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        Directory.CreateDirectory(folder!);
        File.WriteAllText(path, Replace(document, name, content));
    }
}
