using System.Globalization;

namespace Edge.Runtime.Diagnostics;

/// <summary>Numbers as people read them, the same in every culture.</summary>
public static class Quantity
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB"];
    private static readonly string[] Decimal = ["", " k", " M", " G", " T"];

    /// <summary><c>1.5 MiB</c></summary>
    public static string Bytes(long bytes) => Scale(bytes, 1024, Binary, " ");

    /// <summary><c>3.50 M</c></summary>
    public static string Count(long count) => Scale(count, 1000, Decimal, "");

    /// <summary>Milliseconds with three significant digits: <c>0.123 ms</c>, <c>45.6 ms</c>, <c>1230 ms</c>.</summary>
    public static string Milliseconds(double milliseconds) => Significant(milliseconds) + " ms";

    /// <summary>A number with about three significant digits and no exponent.</summary>
    public static string Significant(double value)
    {
        int digits = Math.Abs(value) switch { < 1 => 3, < 10 => 2, < 100 => 1, _ => 0 };
        return value.ToString($"F{digits}", CultureInfo.InvariantCulture);
    }

    private static string Scale(long value, int step, string[] units, string separator)
    {
        double scaled = value;
        int unit = 0;
        while (Math.Abs(scaled) >= step && unit < units.Length - 1)
        {
            scaled /= step;
            unit++;
        }
        return (unit == 0 ? value.ToString(CultureInfo.InvariantCulture) : Significant(scaled)) + separator + units[unit];
    }
}
