using System.Globalization;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graphs;

/// <summary>
/// The text form of a graph, the same for equal graphs in every culture:
/// <code>
/// graph resnet
/// input x: f32[1,3,224,224]
/// const w: f32[64,3,7,7]
/// y = Conv(x, w){strides=[2,2]} : f32[1,64,112,112]
/// output y
/// </code>
/// One line a node: outputs, operator, inputs (<c>_</c> for an absent one), attributes that differ from their defaults,
/// types. A node whose name is not the name of its first output carries it after <c>@</c>.
/// </summary>
public static class GraphPrinter
{
    /// <summary>Constants with up to this many elements are printed with their values.</summary>
    private const int ShownElements = 8;

    /// <param name="constants">Whether to list the constants that nodes read.</param>
    public static string Print(Graph graph, bool constants = true)
    {
        var text = new StringBuilder();
        text.Append("graph ").Append(Quote(graph.Name)).Append('\n');
        foreach (Value input in graph.Inputs)
        {
            text.Append("input ").Append(Quote(input.Name)).Append(": ").Append(input.Info).Append('\n');
        }
        foreach (Value constant in graph.Values().Where(v => constants && v.IsConstant))
        {
            text.Append("const ").Append(Line(constant)).Append('\n');
        }
        foreach (Node node in graph.Nodes)
        {
            text.Append(Line(node)).Append('\n');
        }
        foreach (Value output in graph.Outputs)
        {
            text.Append("output ").Append(Quote(output.Name)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary><c>y = Conv(x, w){strides=[2,2]} : f32[1,64,112,112]</c></summary>
    public static string Line(Node node)
    {
        string outputs = string.Join(", ", node.Outputs.Select(o => Quote(o.Name)));
        string inputs = string.Join(", ", node.Inputs.Select(i => i is null ? "_" : Quote(i.Name)));
        string types = string.Join(", ", node.Outputs.Select(o => o.Info.ToString()));
        string name = node.Outputs.Count > 0 && node.Outputs[0].Name == node.Name ? "" : $" @{Quote(node.Name)}";
        return $"{outputs} = {node.Operator.Kind}({inputs}){Attributes(node.Operator)} : {types}{name}";
    }

    /// <summary><c>{strides=[2,2]}</c>, or nothing where all attributes have their defaults.</summary>
    public static string Attributes(Operator op)
    {
        var writer = new AttributeWriter();
        op.WriteAttributes(writer);
        return writer.Attributes.Count == 0 ? "" : "{" + string.Join(", ", writer.Attributes) + "}";
    }

    private static string Line(Value constant)
    {
        string line = $"{Quote(constant.Name)}: {constant.Info}";
        return constant.Constant is { Count: > 0 and <= ShownElements } tensor ? $"{line} = {Elements(tensor)}" : line;
    }

    private static string Elements(Tensor tensor) =>
        "[" + string.Join(',', tensor.ToDouble().Select(v => tensor.Type == DataType.F64 ? v.ToString("R", CultureInfo.InvariantCulture) : ((float)v).ToString("R", CultureInfo.InvariantCulture))) + "]";

    /// <summary>The name as it is, or in quotes where it could be misread.</summary>
    private static string Quote(string name)
    {
        bool plain = name.Length > 0 && name != "_" && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '/' or ':' or '-' or '~' or '#');
        return plain ? name : "'" + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "'";
    }
}
