using System.Text.RegularExpressions;

namespace Edge.Architecture.Tests;

/// <summary>
/// Which namespace may use which, as docs/architecture.md draws it. Read from the text: using directives and qualified names.
/// </summary>
public partial class DependencyTests
{
    private static readonly string[] Foundations = ["Tensors", "Simd", "Dispatch", "Threading", "Devices"];

    /// <summary>For every folder of Edge.Kernels the other folders that it may use.</summary>
    private static readonly Dictionary<string, string[]> Kernels = new()
    {
        ["Tensors"] = [],
        ["Threading"] = [],
        ["Simd"] = ["Tensors"],
        ["MachineCode"] = [],
        ["Dispatch"] = ["Tensors", "Simd", "Threading", "MachineCode"],
        ["Devices"] = ["Tensors", "Dispatch"],
        ["Elementwise"] = [.. Foundations, "Movement"],
        ["Movement"] = Foundations,
        ["Gemm"] = [.. Foundations, "Elementwise", "Movement"],
        ["Convolution"] = [.. Foundations, "Elementwise", "Movement", "Gemm"],
        ["Pooling"] = [.. Foundations, "Elementwise", "Movement", "Reduction"],
        ["Reduction"] = [.. Foundations, "Elementwise", "Movement"],
        ["Normalization"] = [.. Foundations, "Elementwise", "Movement", "Reduction"],
        ["Resize"] = [.. Foundations, "Elementwise", "Movement"],
        ["Quantization"] = [.. Foundations, "MachineCode", "Elementwise", "Movement", "Gemm", "Convolution"],
        ["Recurrent"] = [.. Foundations, "Elementwise", "Movement", "Gemm"],
        ["Detection"] = [.. Foundations, "Elementwise", "Movement"],
        ["Losses"] = [.. Foundations, "Elementwise", "Movement", "Reduction"],
    };

    /// <summary>For every folder of Edge.Runtime the other folders that it may use. Graphs and Operators know each other: an operator reads values, a graph infers through operators.</summary>
    private static readonly Dictionary<string, string[]> Runtime = new()
    {
        ["Diagnostics"] = [],
        ["Graphs"] = ["Diagnostics", "Operators"],
        ["Operators"] = ["Diagnostics", "Graphs"],
        ["Format"] = ["Diagnostics", "Graphs", "Operators"],
        ["Planning"] = ["Diagnostics", "Graphs", "Operators"],
        ["Devices"] = ["Diagnostics"],
        ["Execution"] = ["Diagnostics", "Devices", "Graphs", "Operators", "Planning", "Format"],
        ["Training"] = ["Diagnostics", "Graphs", "Operators", "Planning", "Format", "Execution", "Signals"],
        ["Sensors"] = ["Diagnostics"],
        ["Signals"] = ["Diagnostics", "Format", "Sensors"],
        ["Streaming"] = ["Diagnostics", "Graphs", "Operators", "Format", "Sensors", "Signals", "Planning", "Execution"],
    };

    /// <summary>For every folder of Edge.Serve the other folders that it may use. The page shows the daemon, which opens the page.</summary>
    private static readonly Dictionary<string, string[]> Serve = new()
    {
        ["Configuration"] = [],
        ["Storage"] = [],
        ["Sinks"] = ["Configuration", "Storage"],
        ["Protocol"] = ["Configuration", "Hosting"],
        ["Web"] = ["Configuration", "Sinks", "Hosting"],
        ["Hosting"] = ["Configuration", "Storage", "Sinks", "Protocol", "Web"],
    };

    /// <summary>Edge.Convert: every layer may use those before it.</summary>
    private static readonly string[] ConvertLayers = ["Onnx", "Passes", "Quantize", "Emit", "Verify", "Cli"];

    [Fact]
    public void KernelFoldersUseOnlyWhatTheyDeclare() => Require(Violations("Edge.Kernels", Kernels));

    [Fact]
    public void RuntimeFoldersUseOnlyWhatTheyDeclare() => Require(Violations("Edge.Runtime", Runtime));

    [Fact]
    public void ServeFoldersUseOnlyWhatTheyDeclare() => Require(Violations("Edge.Serve", Serve));

    [Fact]
    public void ConvertFoldersUseOnlyEarlierLayers()
    {
        Dictionary<string, string[]> allowed = ConvertLayers.Select((layer, i) => (layer, before: ConvertLayers[..i])).ToDictionary(l => l.layer, l => l.before);
        Require(Violations("Edge.Convert", allowed));
    }

    [Fact]
    public void AssembliesUseOnlyThoseBelow()
    {
        string[] order = ["Edge.Kernels", "Edge.Runtime", "Edge.Client", "Edge.Serve", "Edge.Convert", "Edge.Cli", "Edge.Bench"];
        IEnumerable<string> violations =
            from file in SourceFile.Product
            let level = Array.IndexOf(order, file.Path.Split('/')[1])
            where level >= 0
            from name in order[(level + 1)..]
            where Regex.IsMatch(file.Code, $@"\b{Regex.Escape(name)}\b")
            select $"{file.Path} names {name}";
        Require(violations);
    }

    [Fact]
    public void NamespacesFollowFolders()
    {
        IEnumerable<string> violations = SourceFile.Product
            .Select(f => (f.Path, Expected: f.Namespace, Actual: NamespaceWord().Match(f.Code) is { Success: true } m ? m.Groups[1].Value : null))
            .Where(f => f.Actual is not null && f.Actual != f.Expected)
            .Select(f => $"{f.Path} declares {f.Actual}, its folder is {f.Expected}");
        Require(violations);
    }

    private static IEnumerable<string> Violations(string assembly, Dictionary<string, string[]> allowed)
    {
        foreach (SourceFile file in SourceFile.Product.Where(f => f.Path.StartsWith($"src/{assembly}/", StringComparison.Ordinal)))
        {
            string[] parts = file.Path.Split('/');
            if (parts.Length < 4)
            {
                continue; // files of the root are catalogues and entry points: they may use everything
            }
            string folder = parts[2];
            if (!allowed.TryGetValue(folder, out string[]? uses))
            {
                yield return $"{file.Path}: the folder {folder} is not declared in {nameof(DependencyTests)}";
                continue;
            }
            foreach (string used in UsedFolders(file, assembly).Where(u => u != folder && !uses.Contains(u)))
            {
                yield return $"{file.Path} uses {assembly}.{used}; {folder} may use {(uses.Length == 0 ? "nothing" : string.Join(", ", uses))}";
            }
        }
    }

    private static IEnumerable<string> UsedFolders(SourceFile file, string assembly)
    {
        HashSet<string> folders = [.. SourceFile.Product.Select(f => f.Path.Split('/')).Where(p => p.Length > 3 && p[1] == assembly).Select(p => p[2])];
        string body = UsingWord().Replace(file.Code, "");
        IEnumerable<string> qualified = Regex.Matches(file.Code, $@"\b{Regex.Escape(assembly)}\.(\w+)").Select(m => m.Groups[1].Value);

        // A namespace of the same assembly can also be named without the assembly: Movement.CopyKernel.
        IEnumerable<string> partly = folders.Where(f => Regex.IsMatch(body, $@"(?<![\w.""]){f}\.[A-Z]\w*\b(?!\s*=>)") && !DeclaresMember(file, f));
        return qualified.Concat(partly).Where(folders.Contains).Distinct();
    }

    /// <summary>Whether the word is a member or a type here, as in <c>Shape.Rank</c>.</summary>
    private static bool DeclaresMember(SourceFile file, string word) => Regex.IsMatch(file.Code, $@"\b[\w<>\[\]?]+\s+{word}\s*[;{{=(,)]");

    private static void Require(IEnumerable<string> violations)
    {
        string[] list = [.. violations];
        Assert.True(list.Length == 0, string.Join('\n', list));
    }

    [GeneratedRegex(@"^\s*using\s[^;]*;|^\s*namespace\s[^;{]*", RegexOptions.Multiline)]
    private static partial Regex UsingWord();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceWord();
}
