using System.Text;

namespace Edge.Kernels.Devices;

/// <summary>
/// A <c>.kernel</c> file with its includes put in place: a header of one declaration a line (kernel, local, variant, in, out, const,
/// arg, shared, include; other lines are text in front of the kernel), a line of three dashes, and the body. Written once in the words
/// that OpenCL C and GLSL share; <c>prelude.kernel</c> makes up for the difference.
/// </summary>
internal sealed class KernelText
{
    private readonly List<string[]> _declarations = [];
    private readonly StringBuilder _front = new();

    private KernelText(string name) => Name = name;

    public string Name { get; }

    /// <summary>What stands before the kernel: formulas and macros.</summary>
    public string Front => _front.ToString();

    public string Body { get; private set; } = "";

    public static KernelText Load(string name)
    {
        var text = new KernelText(name);
        string[] halves = Read(name).Split("\n---\n", 2);
        foreach (string line in halves[0].Split('\n'))
        {
            text.AddHeader(line);
        }
        text.Body = string.Join('\n', halves[1].Split('\n').Select(l => l.StartsWith("include ", StringComparison.Ordinal) ? Read(l["include ".Length..]) : l));
        return text;
    }

    /// <summary>The words of every declaration of a kind, without the kind.</summary>
    public IEnumerable<string[]> Declared(string kind) => _declarations.Where(d => d[0] == kind).Select(d => d[1..]);

    /// <summary>The text of a resource <c>name.kernel</c>.</summary>
    public static string Read(string name)
    {
        using Stream stream = typeof(KernelText).Assembly.GetManifestResourceStream($"{name}.kernel")
            ?? throw new InvalidOperationException($"the kernel text {name} is not in this build");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private void AddHeader(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words.FirstOrDefault())
        {
            case "kernel" or "local" or "variant" or "in" or "out" or "const" or "arg" or "shared":
                _declarations.Add(words);
                break;
            case "include":
                _front.Append(Read(words[1]));
                break;
            default:
                _front.Append(line).Append('\n');
                break;
        }
    }
}
