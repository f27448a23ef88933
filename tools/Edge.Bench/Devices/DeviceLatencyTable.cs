using System.Globalization;
using System.Text;
using Edge.Bench.Reports;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;

namespace Edge.Bench.Devices;

/// <param name="Api"><c>opencl</c> or <c>vulkan</c>.</param>
/// <param name="Profile">What its kernels are chosen by.</param>
internal sealed record MeasuredDevice(string Api, string Name, string Driver, DevicePeak Peak, bool IsPeakMeasured, DeviceProfile Profile);

/// <summary>A model on a device.</summary>
/// <param name="Weights">Type of the weights on the device.</param>
/// <param name="Bytes">Values and constants that the steps touch at least.</param>
/// <param name="Launches">Kernels per inference.</param>
/// <param name="Convolutions">How many steps each row of the family has.</param>
/// <param name="Difference">Largest |a-b| / max|b| to the processor.</param>
/// <param name="Ms">Median, copies of inputs and outputs included.</param>
internal sealed record DeviceLatency(
    string Model, string Api, string Weights, long MultiplyAdds, long Bytes, int Steps, int StepsOnDevice, int Launches, string[] Convolutions, double Difference, double Ms, double LeastMs)
{
    public double Gflops => 2 * MultiplyAdds / Ms / 1e6;

    public double GigabytesPerSecond => Bytes / Ms / 1e6;
}

/// <summary>Everything that <c>edge-bench device-latency</c> found.</summary>
internal sealed record DeviceLatencyJson(string Processor, MeasuredDevice[] Devices, string Command, DeviceLatency[] Rows);

/// <summary>Latency on devices, as text.</summary>
internal static class DeviceLatencyTable
{
    public static string Of(DeviceLatencyJson report)
    {
        var text = new StringBuilder();
        foreach (MeasuredDevice device in report.Devices)
        {
            text.Append(CultureInfo.InvariantCulture, $"{device.Api}: {device.Name}, {device.Driver}. Peak {device.Peak.Gflops:F0} GFLOP/s in float32 and {device.Peak.GigabytesPerSecond:F0} GB/s, {(device.IsPeakMeasured ? "measured" : "given")}. ")
                .Append(CultureInfo.InvariantCulture, $"{string.Join(", ", device.Profile.Tiles.Select(TileCell))}; a launch takes {device.Profile.Launch * 1e6:F1} us, a number written and read {device.Profile.Traffic * 1e12:F1} ps.\n\n");
        }
        text.Append($"Made by:\n\n    {report.Command}\n\n");
        text.Append("Difference to the processor: largest |a-b| / max|b|. Milliseconds are medians, copies included. GFLOP/s and GB/s are those of the model's multiply-adds and of the bytes that its steps touch at least, with their share of the peak.\n\n");
        text.Append("| model | API | weights | multiply-adds | steps on the device | launches | difference | ms | GFLOP/s | of peak | GB/s | of peak |\n|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (DeviceLatency row in report.Rows)
        {
            DevicePeak peak = report.Devices.First(d => d.Api == row.Api).Peak;
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model} | {row.Api} | {row.Weights} | {Quantity.Count(row.MultiplyAdds)} | {row.StepsOnDevice} of {row.Steps} | {row.Launches} | {row.Difference:0.0e+00} | {Cell.Milliseconds(row.Ms)} | ")
                .Append(CultureInfo.InvariantCulture, $"{Quantity.Significant(row.Gflops)} | {row.Gflops / peak.Gflops * 100:F1} % | {Quantity.Significant(row.GigabytesPerSecond)} | {row.GigabytesPerSecond / peak.GigabytesPerSecond * 100:F1} % |\n");
        }
        return text.ToString();
    }

    private static string TileCell(TileSpeed tile) => string.Create(
        CultureInfo.InvariantCulture, $"{tile.Name}: {2 * tile.Rate / 1e9:F0} GFLOP/s, {tile.Alone / tile.Full:F0} at a time");

    /// <summary>A line per step: median and least microseconds, rate, row, name.</summary>
    public static string Layers(LayerTime[] layers) => string.Join('\n', layers.Select(l => string.Create(
        CultureInfo.InvariantCulture,
        $"  {l.Milliseconds * 1000,8:F1} us (least {l.LeastMilliseconds * 1000,7:F1}) {l.Gflops,7:F0} GFLOP/s  {l.Step.RowName,-28} {l.Step.Outputs[0].Value.Info,-22} {l.Step.Node.Name}")));

    /// <summary>A line while the command works.</summary>
    public static string Line(DeviceLatency row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Model,-20} {row.Api,-7} {row.Weights} {row.Ms,8:F3} ms (least {row.LeastMs:F3}), {row.Gflops:F0} GFLOP/s, {row.GigabytesPerSecond:F0} GB/s, difference {row.Difference:0.0e+00}, {row.Launches} launches: {string.Join(", ", row.Convolutions)}");
}
