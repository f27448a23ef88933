using Edge.Runtime.Operators;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>The attributes of operators in a header.</summary>
internal static class WireAttributes
{
    public static Wire.Attribute Write(StoredAttribute attribute)
    {
        var wire = new Wire.Attribute { Name = attribute.Name };
        switch (attribute.Value)
        {
            case long number: wire.Int = number; break;
            case float number: wire.Float = number; break;
            case string text: wire.Text = text; break;
            case long[] numbers: wire.Ints = new Wire.Ints { Values = { numbers } }; break;
            case float[] numbers: wire.Floats = new Wire.Floats { Values = { numbers } }; break;
            default: throw new ArgumentException($"attribute {attribute.Name} has type {attribute.Value.GetType().Name}", nameof(attribute));
        }
        return wire;
    }

    public static StoredAttribute Read(Wire.Attribute wire) => new(wire.Name, wire.ValueCase switch
    {
        Wire.Attribute.ValueOneofCase.Int => wire.Int,
        Wire.Attribute.ValueOneofCase.Float => wire.Float,
        Wire.Attribute.ValueOneofCase.Text => wire.Text,
        Wire.Attribute.ValueOneofCase.Ints => wire.Ints.Values.ToArray(),
        Wire.Attribute.ValueOneofCase.Floats => wire.Floats.Values.ToArray(),
        _ => throw Broken($"the attribute {wire.Name} has no value of a known kind"),
    });
}
