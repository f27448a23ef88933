using System.Globalization;
using System.Net;
using System.Text;
using Edge.Convert.Quantize;
using Edge.Convert.Verify;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Cli;

/// <summary>The report of a quantization as one HTML file that needs nothing else: no scripts, no fonts, no network.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em;color:#222}
        table{border-collapse:collapse;margin:.6em 0}th,td{padding:.25em .7em;border-bottom:1px solid #ddd;text-align:left;vertical-align:middle}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.float32{background:#fff4e0}svg{display:block}.bar{fill:#5b8fb9}.cut{fill:#d9534f;opacity:.25}
        """;

    /// <summary>Width and height of a histogram in pixels.</summary>
    private static readonly (int Width, int Height) Plot = (256, 36);

    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public static void Write(string path, ConvertOptions options, ConversionResult result, QuantizationOutcome outcome, QuantizationReport report)
    {
        try
        {
            File.WriteAllText(path, Document(options, result, outcome, report));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the report cannot be written: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    private static string Document(ConvertOptions options, ConversionResult result, QuantizationOutcome outcome, QuantizationReport report)
    {
        string title = $"{Path.GetFileName(options.ModelPath)} in integers";
        var html = new StringBuilder($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(title)}</title><style>{Style}</style></head><body>\n<h1>{Text(title)}</h1>\n");
        AppendSummary(html, options, result, outcome, report);
        AppendPareto(html, report);
        AppendLayers(html, report);
        AppendSamples(html, report);
        return html.Append("</body></html>\n").ToString();
    }

    private static void AppendSummary(StringBuilder html, ConvertOptions options, ConversionResult result, QuantizationOutcome outcome, QuantizationReport report)
    {
        html.Append("<table><tr><th></th><th class=\"n\">before</th><th class=\"n\">after</th></tr>\n");
        Row(html, "file", Quantity.Bytes(new FileInfo(options.ModelPath).Length), result.FileBytes > 0 ? Quantity.Bytes(result.FileBytes) : "not written");
        Row(html, "latency, one thread, median", Milliseconds(report.Comparison.A.Milliseconds), Milliseconds(report.Comparison.B.Milliseconds));
        if (report.Comparison.A.Top1 is { } before && report.Comparison.B.Top1 is { } after)
        {
            Row(html, "top-1 on the samples", Percent(before), Percent(after));
        }
        Row(html, "largest element as in float32", "", Percent(report.Comparison.Agreement));
        Row(html, "signal to noise of the outputs", "", string.Join(", ", report.Comparison.Snr.Select(Decibels)));
        html.Append("</table>\n<p>");
        html.Append(Text($"{outcome.Quantized.Values.Sum()} nodes in integers, {outcome.Kept.Count} in float32; calibrated on {outcome.Samples} samples. "));
        html.Append(outcome.IsEqualized ? "Channels of neighbouring layers are equalized. " : "");
        html.Append(outcome.IsExact ? "The same bits on every device." : "Parts in float32 may differ in the last digits from device to device.");
        html.Append("</p>\n");
        if (outcome.Budget is { } kept)
        {
            html.Append($"<p>{Text($"The budget {kept}.")}</p>\n");
        }
    }

    private static void AppendPareto(StringBuilder html, QuantizationReport report)
    {
        html.Append("<h2>Accuracy, latency, size</h2>\n<table><tr><th>model</th><th class=\"n\">signal to noise</th><th class=\"n\">as float32</th><th class=\"n\">top-1</th><th class=\"n\">latency</th><th class=\"n\">constants</th></tr>\n");
        foreach (ParetoPoint point in report.Pareto)
        {
            Row(html, point.Name, Decibels(point.Snr), Percent(point.Agreement), point.Top1 is { } top1 ? Percent(top1) : "", Milliseconds(point.Milliseconds), Quantity.Bytes(point.WeightBytes));
        }
        html.Append("</table>\n");
    }

    private static void AppendLayers(StringBuilder html, QuantizationReport report)
    {
        html.Append("<h2>Layers</h2>\n<p>Share: the part of the noise in the outputs, by the noise that each node alone makes. Bars: logarithm of how often values were seen; red is cut off.</p>\n");
        html.Append("<table><tr><th>node</th><th>precision</th><th>why</th><th class=\"n\">signal to noise</th><th class=\"n\">share</th><th>range</th><th></th></tr>\n");
        foreach (LayerReport layer in report.Layers)
        {
            html.Append($"<tr class=\"{layer.Precision}\"><td>{Text($"{layer.Kind} '{layer.Node}'")}</td><td>{layer.Precision}</td><td>{Text(layer.Why)}</td>");
            html.Append($"<td class=\"n\">{(layer.Snr is { } snr ? Decibels(snr) : "")}</td><td class=\"n\">{(layer.ErrorShare is { } share ? Percent(share) : "")}</td>");
            html.Append(layer.Range is { } range
                ? string.Create(CultureInfo.InvariantCulture, $"<td>{range.Low:G4} to {range.High:G4} ({range.Method}, step {range.Scale:G3}, zero {range.Zero})</td><td>{Histogram(range)}</td>")
                : "<td></td><td></td>");
            html.Append("</tr>\n");
        }
        html.Append("</table>\n");
    }

    private static void AppendSamples(StringBuilder html, QuantizationReport report)
    {
        html.Append("<h2>Samples</h2>\n<table><tr><th>worst samples</th><th class=\"n\">share of the squared error</th></tr>\n");
        foreach ((int sample, double share) in report.Comparison.Worst)
        {
            Row(html, sample.ToString(CultureInfo.InvariantCulture), Percent(share));
        }
        html.Append("</table>\n<table><tr><th>largest element in float32</th><th class=\"n\">in integers</th><th class=\"n\">samples</th></tr>\n");
        foreach ((int from, int to, int count) in report.Confusions)
        {
            Row(html, from.ToString(CultureInfo.InvariantCulture), to.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture));
        }
        html.Append(report.Confusions.Count == 0 ? "<tr><td colspan=\"3\">no sample changed</td></tr></table>\n" : "</table>\n");
    }

    /// <summary>Bars of the logarithms of counts, and what lies outside the represented range.</summary>
    private static string Histogram(RangeReport range)
    {
        double most = Math.Log(1 + Math.Max(1, range.Histogram.Max()));
        double width = (double)Plot.Width / range.Histogram.Count;
        var svg = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"<svg width=\"{Plot.Width}\" height=\"{Plot.Height}\" role=\"img\">"));
        for (int i = 0; i < range.Histogram.Count; i++)
        {
            double height = Math.Log(1 + range.Histogram[i]) / most * Plot.Height;
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{i * width:F1}\" y=\"{Plot.Height - height:F1}\" width=\"{width:F1}\" height=\"{height:F1}\"/>");
        }
        double span = Math.Max((double)range.Max - range.Min, 1e-30);
        double low = Math.Clamp((range.Low - range.Min) / span, 0, 1) * Plot.Width;
        double high = Math.Clamp((range.High - range.Min) / span, 0, 1) * Plot.Width;
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"cut\" x=\"0\" y=\"0\" width=\"{low:F1}\" height=\"{Plot.Height}\"/><rect class=\"cut\" x=\"{high:F1}\" y=\"0\" width=\"{Plot.Width - high:F1}\" height=\"{Plot.Height}\"/></svg>");
        return svg.ToString();
    }

    private static void Row(StringBuilder html, string name, params ReadOnlySpan<string> cells)
    {
        html.Append($"<tr><td>{Text(name)}</td>");
        foreach (string cell in cells)
        {
            html.Append($"<td class=\"n\">{Text(cell)}</td>");
        }
        html.Append("</tr>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Percent(double share) => FormattableString.Invariant($"{100 * share:F2} %");

    private static string Decibels(double snr) => snr >= 200 ? "exact" : FormattableString.Invariant($"{snr:F1} dB");

    private static string Milliseconds(double time) => FormattableString.Invariant($"{time:F3} ms");
}
