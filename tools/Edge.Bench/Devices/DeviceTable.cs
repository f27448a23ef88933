using System.Globalization;
using Edge.Bench.Reports;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Devices;

/// <summary>Models on devices, as text.</summary>
internal static class DeviceTable
{
    public static string Of(DevicesJson report)
    {
        var lines = new List<string>
        {
            $"{report.Processor}. {string.Join("; ", report.Devices)}. Made by:",
            "",
            $"    {report.Command}",
            "",
            "Difference to the processor: largest |a-b| / max|b|, at most 1e-3 for float32; \"same bits\" is asked of models that compute in integers throughout. Milliseconds are medians, copies included.",
            "",
            "| model | precision | multiply-adds | processor ms | OpenCL: on the device | difference | ms | GFLOP/s | Vulkan: on the device | difference | ms | GFLOP/s |",
            "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        };
        lines.AddRange(report.Rows.Select(Row));
        lines.AddRange(report.Refused.Select(r => $"\nNot measured: {r}"));
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>A line while the command works.</summary>
    public static string Line(DeviceRow row) =>
        $"{row.Model,-28} {row.Precision,-8} {Cell.Milliseconds(row.ProcessorMs),8} ms  {string.Join("  ", row.Results.Select(r => $"{r.Api} {r.StepsOnDevice}/{r.Steps} {Difference(r)} {Cell.Milliseconds(r.Milliseconds)} ms"))}{(row.Agrees ? "" : "  TOO FAR")}";

    private static string Row(DeviceRow row) =>
        $"| {row.Model} | {row.Precision} | {Quantity.Count(row.MultiplyAdds)} | {Cell.Milliseconds(row.ProcessorMs)} | {string.Join(" | ", row.Results.Select(r => Cells(row, r)))} |";

    private static string Cells(DeviceRow row, DeviceResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.StepsOnDevice} of {result.Steps} steps | {Difference(result)} | {Cell.Milliseconds(result.Milliseconds)} | {2 * row.MultiplyAdds / result.Milliseconds / 1e6:F1}");

    private static string Difference(DeviceResult result) => result.SameBits ? "same bits" : result.Difference.ToString("0.0e+00", CultureInfo.InvariantCulture);
}

/// <summary>Everything that <c>edge-bench devices</c> found.</summary>
internal sealed record DevicesJson(string Processor, string[] Devices, string Command, DeviceRow[] Rows, string[] Refused);
