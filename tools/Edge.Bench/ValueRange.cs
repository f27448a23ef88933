using System.Globalization;

namespace Edge.Bench;

/// <summary>The half-open range [Low, High) of made-up input values.</summary>
public readonly record struct ValueRange(float Low, float High)
{
    /// <summary>Reads <c>LOW,HIGH</c>; false where that is no range of finite numbers.</summary>
    public static bool TryParse(string text, out ValueRange range)
    {
        range = default;
        string[] parts = text.Split(',');
        if (parts.Length != 2
            || !float.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out float low)
            || !float.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out float high))
        {
            return false;
        }
        range = new ValueRange(low, high);
        return float.IsFinite(high - low) && low < high;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Low:R}..{High:R}");
}
