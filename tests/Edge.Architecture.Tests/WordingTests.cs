using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Edge.Architecture.Tests;

/// <summary>Names that say nothing, and calls that have one proper place.</summary>
public partial class WordingTests
{
    /// <summary>A pattern, the paths in which it is allowed (also a pattern), and why it is not elsewhere.</summary>
    private static readonly (string Pattern, string AllowedIn, string Why)[] Calls =
    [
        (@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b", "", "time comes from Stopwatch or a TimeProvider"),
        (@"\bGetEnvironmentVariables?\b", "^src/Edge.Kernels/Dispatch/Knobs.cs$", "environment variables are declared in Knobs"),
        (@"\bnew\s+(NotImplemented)?Exception\s*\(", "", "a stub, or an exception that nobody can tell apart"),
        (@"\bGC\.Collect\b", "^src/Edge.Convert/Converter.cs$|^src/Edge.Serve/Hosting/HeapKeeper.cs$|^tools/Edge.Bench/ModelFiles.cs$|^tools/Edge.Cli/Tune/TuneReport.cs$", "memory is planned; only converter, benchmark and tuning work in stages, and only a daemon runs for weeks"),
        (@"\bActivator\.CreateInstance\b|\bAssembly\.Load|\.GetTypes\(\)|\bExpression\.Lambda\b|\bDynamicMethod\b", "", "it does not work ahead of time"),
        (@"\bConsole\.", "Cli/|^tools/", "only commands write to the console"),
        (@"#pragma\s+warning\s+disable(?!\s+[A-Z]+\d+)", "", "name the warning"),
    ];

    [Fact]
    public void TypeNamesSaySomething()
    {
        string[] assemblies = ["Edge.Kernels", "Edge.Runtime", "edge-convert"];
        string[] names =
        [
            .. assemblies.SelectMany(a => Assembly.Load(a).GetTypes())
                .Where(t => !t.Name.Contains('<', StringComparison.Ordinal) && !t.IsDefined(typeof(CompilerGeneratedAttribute)))
                .Where(t => t.Namespace?.StartsWith("Edge.", StringComparison.Ordinal) == true && !t.Namespace.EndsWith(".Wire", StringComparison.Ordinal))
                .Where(t => EmptyWord().IsMatch(t.Name))
                .Select(t => t.FullName!),
        ];
        Assert.True(names.Length == 0, string.Join('\n', names));
    }

    [Fact]
    public void CallsAreInTheirPlaces()
    {
        string[] violations =
        [
            .. from file in SourceFile.Product
               from call in Calls
               where call.AllowedIn.Length == 0 || !Regex.IsMatch(file.Path, call.AllowedIn)
               from Match match in Regex.Matches(file.Code, call.Pattern)
               select $"{file.Path}:{file.LineAt(match.Index)}: {match.Value}: {call.Why}",
        ];
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }

    [Fact]
    public void NothingIsLeftToDo()
    {
        string[] notes = [.. SourceFile.Product.SelectMany(f => LeftOver().Matches(f.Text).Select(m => $"{f.Path}:{f.LineAt(m.Index)}: {m.Value}"))];
        Assert.True(notes.Length == 0, string.Join('\n', notes));
    }

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utility|Utilities|Processor|Data|Common|Misc|Info2)(`\\d+)?$")]
    private static partial Regex EmptyWord();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex LeftOver();
}
