using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Type = Edge.Convert.Onnx.Wire.AttributeProto.Types.AttributeType;

namespace Edge.Convert.Onnx;

/// <summary>An ONNX node as an importer sees it: typed, checked access to attributes.</summary>
internal sealed class OnnxNode(NodeProto proto, int opset, string name, OnnxTensors tensors)
{
    private readonly HashSet<string> _read = [];

    public string OpType => proto.OpType;

    /// <summary>Version of the operator set in force.</summary>
    public int Opset => opset;

    /// <summary>The node's own name, or one made from its type and first output.</summary>
    public string Name => name;

    public string Place => $"{OpType} '{Name}'";

    public IReadOnlyList<string> InputNames => proto.Input;

    /// <summary>Output names; an empty string is an output that nobody reads.</summary>
    public IReadOnlyList<string> OutputNames => proto.Output;

    public bool Has(string attribute) => proto.Attribute.Any(a => a.Name == attribute);

    public long Int(string attribute, long defaultValue) => Find(attribute, Type.Int) is { } a ? a.I : defaultValue;

    /// <summary>An integer that must lie in a range.</summary>
    public int Int(string attribute, int defaultValue, int least, int most)
    {
        long value = Int(attribute, defaultValue);
        return value >= least && value <= most ? (int)value : throw Bad($"{attribute} is {value}, expected {least} to {most}");
    }

    /// <summary>A 0/1 attribute.</summary>
    public bool Flag(string attribute, bool defaultValue = false) => Int(attribute, defaultValue ? 1 : 0) != 0;

    public float Float(string attribute, float defaultValue) => Find(attribute, Type.Float) is { } a ? a.F : defaultValue;

    public string Text(string attribute, string defaultValue) => Find(attribute, Type.String) is { } a ? a.S.ToStringUtf8() : defaultValue;

    /// <summary>A string attribute that must be one of <paramref name="allowed"/>.</summary>
    public string Choice(string attribute, string defaultValue, params ReadOnlySpan<string> allowed)
    {
        string value = Text(attribute, defaultValue);
        foreach (string choice in allowed)
        {
            if (choice == value)
            {
                return value;
            }
        }
        throw Bad($"{attribute} is '{value}', expected one of {string.Join(", ", allowed.ToArray())}");
    }

    /// <summary>A list of integers that fit 32 bits, or null where the attribute is absent.</summary>
    public int[]? Ints(string attribute) => Find(attribute, Type.Ints) is { } a
        ? [.. a.Ints.Select(v => v is >= int.MinValue and <= int.MaxValue ? (int)v : throw Bad($"{attribute} holds {v}, which does not fit 32 bits"))]
        : null;

    public long[]? Longs(string attribute) => Find(attribute, Type.Ints) is { } a ? [.. a.Ints] : null;

    public float[]? Floats(string attribute) => Find(attribute, Type.Floats) is { } a ? [.. a.Floats] : null;

    public string[]? Texts(string attribute) => Find(attribute, Type.Strings) is { } a ? [.. a.Strings.Select(s => s.ToStringUtf8())] : null;

    public Tensor? Tensor(string attribute) => Find(attribute, Type.Tensor) is { } a ? tensors.Read(a.T, $"{Place} attribute {attribute}") : null;

    /// <summary>The graph of a control-flow attribute, or null.</summary>
    public GraphProto? Graph(string attribute) => Find(attribute, Type.Graph)?.G;

    /// <summary>A list of <paramref name="count"/> integers; absent means <paramref name="defaultValue"/> in each place.</summary>
    public int[] IntsOrDefault(string attribute, int count, int defaultValue, int least = int.MinValue)
    {
        int[] values = Ints(attribute) ?? [.. Enumerable.Repeat(defaultValue, count)];
        if (values.Length != count)
        {
            throw Bad($"{attribute} has {values.Length} values [{string.Join(',', values)}], expected {count}");
        }
        return values.All(v => v >= least) ? values : throw Bad($"{attribute} is [{string.Join(',', values)}], each must be at least {least}");
    }

    /// <summary>Attributes that no importer asked for; they are reported as a warning.</summary>
    public IEnumerable<string> UnreadAttributes() => proto.Attribute.Select(a => a.Name).Where(n => !_read.Contains(n));

    public EdgeException Bad(string problem, string? remedy = null) => new(EdgeError.BadAttribute, problem, remedy ?? "export the model again, or correct the attribute", Place);

    public EdgeException Missing(string attribute) => new(EdgeError.MissingAttribute, $"the attribute {attribute} is missing", "export the model again", Place);

    public EdgeException Unsupported(string what, string? remedy = null) => new(EdgeError.UnsupportedUse, what, remedy ?? "export the model without this feature", Place);

    private AttributeProto? Find(string attribute, Type type)
    {
        _read.Add(attribute);
        AttributeProto? found = proto.Attribute.FirstOrDefault(a => a.Name == attribute);
        if (found is null)
        {
            return null;
        }
        if (found.RefAttrName.Length > 0)
        {
            throw Bad($"{attribute} refers to an attribute '{found.RefAttrName}' of a function, outside of one");
        }
        Type actual = found.HasType ? found.Type : type;
        return actual == type ? found : throw Bad($"{attribute} has type {actual}, expected {type}");
    }
}
