using System.Globalization;
using Edge.Bench.Reports;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Devices;

/// <summary>Models on devices, as text.</summary>
internal static class DeviceTable
{
    public static string Of(DevicesJson report)
    {
        string rates = report.Peak is null ? "GFLOP/s" : "GFLOP/s | GB/s";
        string columns = $"on the device | difference | ms | {rates}";
        int width = 4 + (2 * columns.Split('|').Length);
        List<string> lines =
        [
            $"{report.Processor}. {string.Join("; ", report.Devices)}. Made by:",
            "",
            $"    {report.Command}",
            "",
            "Difference to the processor: largest |a-b| / max|b|, at most 1e-3 for float32; \"same bits\" is asked of models that compute in integers throughout. Milliseconds are medians, copies included.",
            .. (report.Peak is { } peak ? [PeakNote(peak)] : Array.Empty<string>()),
            "",
            $"| model | precision | multiply-adds | processor ms | OpenCL: {columns} | Vulkan: {columns} |",
            $"|---|---|{string.Concat(Enumerable.Repeat("---:|", width - 2))}",
        ];
        lines.AddRange(report.Rows.Select(row => Row(row, report.Peak)));
        lines.AddRange(report.Refused.Select(r => $"\nNot measured: {r}"));
        return string.Join('\n', lines) + "\n";
    }

    private static string PeakNote(DevicePeak peak) => string.Create(
        CultureInfo.InvariantCulture,
        $"Shares are of {peak.Gflops:F0} GFLOP/s and {peak.GigabytesPerSecond:F0} GB/s; bytes count the operands and results of every node once.");

    /// <summary>A line while the command works.</summary>
    public static string Line(DeviceRow row) =>
        $"{row.Model,-28} {row.Precision,-8} {Cell.Milliseconds(row.ProcessorMs),8} ms  {string.Join("  ", row.Results.Select(r => $"{r.Api} {r.StepsOnDevice}/{r.Steps} {Difference(r)} {Cell.Milliseconds(r.Milliseconds)} ms"))}{(row.Agrees ? "" : "  TOO FAR")}";

    private static string Row(DeviceRow row, DevicePeak? peak) =>
        $"| {row.Model} | {row.Precision} | {Quantity.Count(row.MultiplyAdds)} | {Cell.Milliseconds(row.ProcessorMs)} | {string.Join(" | ", row.Results.Select(r => Cells(row, r, peak)))} |";

    private static string Cells(DeviceRow row, DeviceResult result, DevicePeak? peak)
    {
        double gflops = 2 * row.MultiplyAdds / result.Milliseconds / 1e6;
        double gigabytes = row.Traffic / result.Milliseconds / 1e6;
        string rates = peak is null
            ? string.Create(CultureInfo.InvariantCulture, $"{gflops:F1}")
            : string.Create(CultureInfo.InvariantCulture, $"{gflops:F0} ({gflops / peak.Gflops:P1}) | {gigabytes:F0} ({gigabytes / peak.GigabytesPerSecond:P1})");
        return $"{result.StepsOnDevice} of {result.Steps} steps | {Difference(result)} | {Cell.Milliseconds(result.Milliseconds)} | {rates}";
    }

    private static string Difference(DeviceResult result) => result.SameBits ? "same bits" : result.Difference.ToString("0.0e+00", CultureInfo.InvariantCulture);
}

/// <summary>Everything that <c>edge-bench devices</c> found.</summary>
internal sealed record DevicesJson(string Processor, string[] Devices, string Command, DevicePeak? Peak, DeviceRow[] Rows, string[] Refused);
