namespace Edge.Architecture.Tests;

/// <summary>A C# file of the product.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Text">As it is on disk.</param>
/// <param name="Code">The text with comments, strings and character literals blanked out; line breaks are kept.</param>
public sealed record SourceFile(string Path, string Text, string Code)
{
    private static readonly Lazy<SourceFile[]> Files = new(Load);

    /// <summary>Every hand-written file under src and tools.</summary>
    public static IReadOnlyList<SourceFile> Product => Files.Value;

    /// <summary>Folder that holds Edge.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The namespace that the folder stands for: <c>src/Edge.Kernels/Tensors/Shape.cs</c> is <c>Edge.Kernels.Tensors</c>.</summary>
    public string Namespace => string.Join('.', Path.Split('/')[1..^1]);

    public int Lines => Text.Count(c => c == '\n');

    /// <summary>1-based line of a position in <see cref="Text"/> or <see cref="Code"/>.</summary>
    public int LineAt(int position) => Text.AsSpan(0, position).Count('\n') + 1;

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Edge.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"no Edge.sln above {AppContext.BaseDirectory}");
    }

    private static SourceFile[] Load() =>
    [
        .. new[] { "src", "tools" }
            .SelectMany(folder => Directory.EnumerateFiles(System.IO.Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(path => (path, Relative: System.IO.Path.GetRelativePath(Root, path).Replace('\\', '/')))
            .Where(f => !f.Relative.Contains("/obj/", StringComparison.Ordinal) && !f.Relative.EndsWith(".g.cs", StringComparison.Ordinal))
            .OrderBy(f => f.Relative, StringComparer.Ordinal)
            .Select(f => (f.Relative, Text: File.ReadAllText(f.path)))
            .Select(f => new SourceFile(f.Relative, f.Text, SourceText.Blank(f.Text))),
    ];
}
