using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>An attribute as it is stored: long, float, string, long[] or float[].</summary>
public sealed record StoredAttribute(string Name, object Value)
{
    public override string ToString() => $"{Name}={Text(Value)}";

    private static string Text(object value) => value switch
    {
        long[] values => "[" + string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture))) + "]",
        float[] values => "[" + string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture))) + "]",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}

/// <summary>Collects the attributes of an operator in the order in which it writes them.</summary>
public sealed class AttributeWriter
{
    private readonly List<StoredAttribute> _attributes = [];

    public IReadOnlyList<StoredAttribute> Attributes => _attributes;

    /// <summary>Writes an integer, bool or enum number where it differs from the default.</summary>
    public void Int(string name, long value, long defaultValue)
    {
        if (value != defaultValue)
        {
            _attributes.Add(new StoredAttribute(name, value));
        }
    }

    public void Flag(string name, bool value, bool defaultValue = false) => Int(name, value ? 1 : 0, defaultValue ? 1 : 0);

    public void Float(string name, float value, float defaultValue)
    {
        if (BitConverter.SingleToInt32Bits(value) != BitConverter.SingleToInt32Bits(defaultValue))
        {
            _attributes.Add(new StoredAttribute(name, value));
        }
    }

    /// <summary>Writes a list where it is not null.</summary>
    public void Ints(string name, ReadOnlySpan<int> values)
    {
        var wide = new long[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }
        _attributes.Add(new StoredAttribute(name, wide));
    }

    public void Floats(string name, ReadOnlySpan<float> values) => _attributes.Add(new StoredAttribute(name, values.ToArray()));

    public void Text(string name, string value, string defaultValue)
    {
        if (value != defaultValue)
        {
            _attributes.Add(new StoredAttribute(name, value));
        }
    }
}

/// <summary>The attributes of a stored node. Every read checks type and range: the file is not trusted.</summary>
public sealed class AttributeReader(IReadOnlyList<StoredAttribute> attributes)
{
    private readonly HashSet<string> _read = [];

    public int Int(string name, int defaultValue, int least = int.MinValue, int most = int.MaxValue)
    {
        long value = Find<long>(name, out object found) ? (long)found : defaultValue;
        return value >= least && value <= most
            ? (int)value
            : throw new EdgeException(EdgeError.BadAttribute, $"{name} is {value}, expected {least} to {most}");
    }

    public bool Flag(string name, bool defaultValue = false) => Int(name, defaultValue ? 1 : 0, 0, 1) == 1;

    public float Float(string name, float defaultValue) => Find<float>(name, out object found) ? (float)found : defaultValue;

    public string Text(string name, string defaultValue) => Find<string>(name, out object found) ? (string)found : defaultValue;

    /// <summary>An enum stored by number; the number must be defined.</summary>
    public T Enum<T>(string name, T defaultValue) where T : struct, Enum
    {
        long value = Find<long>(name, out object found) ? (long)found : Convert.ToInt64(defaultValue, CultureInfo.InvariantCulture);
        var result = (T)System.Enum.ToObject(typeof(T), value);
        // A number beyond the enum's width would be cut to one that is defined.
        return System.Enum.IsDefined(result) && Convert.ToInt64(result, CultureInfo.InvariantCulture) == value
            ? result
            : throw new EdgeException(EdgeError.BadAttribute, $"{name} is {value}, which is no {typeof(T).Name}");
    }

    /// <summary>The list, or null where it is absent.</summary>
    public int[]? Ints(string name)
    {
        if (!Find<long[]>(name, out object found))
        {
            return null;
        }
        return [.. ((long[])found).Select(v => v is >= int.MinValue and <= int.MaxValue
            ? (int)v
            : throw new EdgeException(EdgeError.BadAttribute, $"{name} holds {v}, which does not fit 32 bits"))];
    }

    public int[] RequiredInts(string name) => Ints(name) ?? throw Missing(name);

    public float[]? Floats(string name) => Find<float[]>(name, out object found) ? (float[])found : null;

    public float[] RequiredFloats(string name) => Floats(name) ?? throw Missing(name);

    /// <summary>Refuses attributes that the operator did not ask for: they would be silently ignored.</summary>
    public void RequireAllRead()
    {
        if (attributes.FirstOrDefault(a => !_read.Contains(a.Name)) is { } unknown)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"the attribute {unknown.Name} is unknown to this version", "use a newer version of Edge");
        }
    }

    private static EdgeException Missing(string name) => new(EdgeError.MissingAttribute, $"the attribute {name} is missing");

    private bool Find<T>(string name, out object value)
    {
        _read.Add(name);
        value = attributes.FirstOrDefault(a => a.Name == name)?.Value ?? 0L;
        if (attributes.All(a => a.Name != name))
        {
            return false;
        }
        return value is T ? true : throw new EdgeException(EdgeError.BadAttribute, $"{name} is stored as {value.GetType().Name}, expected {typeof(T).Name}");
    }
}
