using System.Globalization;

namespace Edge.Bench.Reports;

/// <summary>Numbers in tables, the same in every culture.</summary>
public static class Cell
{
    /// <summary>Milliseconds with three significant digits down to a tenth of a microsecond.</summary>
    public static string Milliseconds(double value)
    {
        int digits = Math.Abs(value) switch { < 0.1 => 4, < 1 => 3, < 10 => 2, < 100 => 1, _ => 0 };
        return value.ToString($"F{digits}", CultureInfo.InvariantCulture);
    }
}
