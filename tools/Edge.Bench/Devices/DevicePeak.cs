using System.CommandLine.Parsing;
using System.Globalization;

namespace Edge.Bench.Devices;

/// <summary>What a device reaches at most.</summary>
/// <param name="Gflops">10^9 float32 operations per second, a multiply-add being two.</param>
/// <param name="GigabytesPerSecond">10^9 bytes per second between its memory and its processors.</param>
internal sealed record DevicePeak(double Gflops, double GigabytesPerSecond)
{
    /// <summary>Reads <c>GFLOPS,GBPS</c>, both above 0.</summary>
    public static DevicePeak? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        double[] numbers = [.. text.Split(',').Select(word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : 0)];
        if (numbers is [> 0 and < double.PositiveInfinity, > 0 and < double.PositiveInfinity])
        {
            return new DevicePeak(numbers[0], numbers[1]);
        }
        result.AddError($"'{text}' is not of the form GFLOPS,GBPS with two numbers above 0");
        return null;
    }
}
