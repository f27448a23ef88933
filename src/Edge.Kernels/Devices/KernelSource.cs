using System.Text;
using System.Text.RegularExpressions;

namespace Edge.Kernels.Devices;

/// <summary>A buffer parameter of a device kernel: words of four bytes.</summary>
/// <param name="Type"><c>float</c> or <c>int</c>.</param>
public sealed record BufferParameter(string Name, string Type, bool IsOutput);

/// <summary>
/// A compute kernel for devices, written once (see <see cref="KernelText"/>) and given out as OpenCL C and as GLSL. Every buffer comes
/// with the index of its first element; constants are fixed when a program is built, arguments with each dispatch.
/// </summary>
public sealed partial class KernelSource
{
    private readonly KernelText _text;
    private readonly string[] _defines;

    internal KernelSource(KernelText text, string[] variant)
    {
        _text = text;
        _defines = [.. variant.Skip(1).Select(d => "#define " + d.Replace('=', ' '))];
        Name = variant.Length == 0 ? text.Name : $"{text.Name}_{variant[0]}";
        Buffers = [.. text.Declared("in").Select(w => new BufferParameter(w[1], w[0], false)), .. text.Declared("out").Select(w => new BufferParameter(w[1], w[0], true))];
        Constants = [.. text.Declared("const").Select(w => w[0])];
        Arguments = [.. text.Declared("arg").Select(w => new BufferParameter(w[1], w[0], false))];
        string local = text.Declared("local").Single()[0];
        GroupSize = int.Parse(variant.FirstOrDefault(v => v.StartsWith(local + "=", StringComparison.Ordinal))?[(local.Length + 1)..] ?? local, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Name of the file and, behind an underscore, of the variant.</summary>
    public string Name { get; }

    /// <summary>Inputs, then outputs.</summary>
    public IReadOnlyList<BufferParameter> Buffers { get; }

    /// <summary>Integers that a program is built for.</summary>
    public IReadOnlyList<string> Constants { get; }

    /// <summary>Words of four bytes, floats or integers, given with each dispatch.</summary>
    public IReadOnlyList<BufferParameter> Arguments { get; }

    /// <summary>Work items per group, all along the first axis.</summary>
    public int GroupSize { get; }

    /// <summary>SPIR-V of <see cref="ToGlsl"/>, compiled ahead; null where this build has none.</summary>
    public byte[]? ReadSpirv()
    {
        using Stream? stream = typeof(KernelSource).Assembly.GetManifestResourceStream($"{Name}.spv");
        if (stream is null)
        {
            return null;
        }
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The kernel for Vulkan: constants are specialization constants 0, 1, ..., buffers are bindings 0, 1, ... of set 0.</summary>
    public string ToGlsl()
    {
        var text = new StringBuilder("#version 450\n#extension GL_EXT_control_flow_attributes : require\n");
        AppendFront(text);
        text.Append($"layout(local_size_x = {GroupSize}) in;\n");
        for (int i = 0; i < Buffers.Count; i++)
        {
            string access = Buffers[i].IsOutput ? "" : "readonly ";
            text.Append($"layout(std430, set = 0, binding = {i}) {access}buffer Buffer{i} {{ {Buffers[i].Type} {Buffers[i].Name}[]; }};\n");
        }
        for (int i = 0; i < Constants.Count; i++)
        {
            text.Append($"layout(constant_id = {i}) const int {Constants[i]} = 1;\n");
        }
        text.Append("layout(push_constant) uniform Arguments\n{\n");
        text.AppendJoin("", Buffers.Select(b => $"    int {b.Name}_at;\n"));
        text.AppendJoin("", Arguments.Select(a => $"    {a.Type} {a.Name};\n"));
        text.Append("};\n");
        text.AppendJoin("", _text.Declared("shared").Select(s => $"shared {s[0]} {s[1]}[{s[2]}];\n"));
        text.Append(Indexed(_text.Front));
        return text.Append("void main()\n{\n").Append(Indexed(_text.Body)).Append("}\n").ToString();
    }

    /// <summary>The kernel for OpenCL: constants are macros, the parameters are buffers, first elements, arguments.</summary>
    /// <param name="isGeneric">Constants are the last parameters instead: one program serves them all.</param>
    public string ToOpenCl(bool isGeneric = false)
    {
        var text = new StringBuilder();
        AppendFront(text);
        text.Append(Indexed(_text.Front));
        string[] parameters =
        [
            .. Buffers.Select(b => $"__global {(b.IsOutput ? "" : "const ")}{b.Type}* {b.Name}"),
            .. Buffers.Select(b => $"const int {b.Name}_at"),
            .. Arguments.Select(a => $"const {a.Type} {a.Name}"),
            .. isGeneric ? Constants.Select(c => $"const int {c}") : [],
        ];
        text.Append($"__kernel __attribute__((reqd_work_group_size({GroupSize}, 1, 1))) void {EntryPoint}({string.Join(", ", parameters)})\n{{\n");
        text.AppendJoin("", _text.Declared("shared").Select(s => $"__local {s[0]} {s[1]}[{s[2]}];\n"));
        return text.Append(Indexed(_text.Body)).Append("}\n").ToString();
    }

    /// <summary>Name of the function in OpenCL C.</summary>
    public string EntryPoint => $"edge_{Name}";

    public override string ToString() => Name;

    private void AppendFront(StringBuilder text)
    {
        text.AppendJoin("", _defines.Select(d => d + "\n"));
        text.Append(KernelText.Read("prelude"));
    }

    /// <summary>Adds the index of a buffer's first element wherever the buffer is indexed.</summary>
    private string Indexed(string code)
    {
        var result = new StringBuilder(code.Length);
        var open = new Stack<bool>();
        for (int i = 0; i < code.Length; i++)
        {
            char c = code[i];
            if (c == '[')
            {
                string name = LastWord().Match(code[Math.Max(0, i - 32)..i]).Value;
                bool isBuffer = Buffers.Any(b => b.Name == name);
                open.Push(isBuffer);
                result.Append(isBuffer ? $"[{name}_at + (" : "[");
            }
            else if (c == ']')
            {
                result.Append(open.Pop() ? ")]" : "]");
            }
            else
            {
                result.Append(c);
            }
        }
        return result.ToString();
    }

    [GeneratedRegex(@"\w+$")]
    private static partial Regex LastWord();
}
