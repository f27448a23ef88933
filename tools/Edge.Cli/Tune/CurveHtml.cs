using System.Globalization;
using System.Net;
using System.Text;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>The learning curve and the confusion matrix as one HTML file without scripts.</summary>
internal static class CurveHtml
{
    private const int Width = 640;
    private const int Height = 280;

    public static string Create(FineTuneResult result, string[] labels)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html><meta charset=\"utf-8\"><title>Learning curve</title><style>body{font-family:sans-serif}td,th{padding:2px 8px;text-align:right}</style>\n");
        html.Append(CultureInfo.InvariantCulture, $"<h1>Learning curve</h1><p>{WebUtility.HtmlEncode(result.Reason)}</p>\n");
        double[] losses = [.. result.Epochs.Select(e => e.Loss)];
        double[] holdout = [.. result.Epochs.Select(e => e.Holdout?.Loss ?? double.NaN)];
        double[] accuracy = [.. result.Epochs.Select(e => e.Holdout?.Accuracy ?? double.NaN)];
        double largest = losses.Concat(holdout).Where(double.IsFinite).DefaultIfEmpty(1).Max();
        html.Append(CultureInfo.InvariantCulture, $"<svg width=\"{Width}\" height=\"{Height}\" style=\"border:1px solid #999\">\n");
        Line(html, losses, largest, "#1f77b4");
        Line(html, holdout, largest, "#d62728");
        Line(html, accuracy, 1, "#2ca02c");
        html.Append(CultureInfo.InvariantCulture, $"</svg><p>loss (blue), hold-out loss (red), both from 0 to {largest:F4}; hold-out accuracy (green), from 0 to 1; {losses.Length} epochs</p>\n");
        if (result.After is { } after)
        {
            Matrix(html, after, labels);
        }
        return html.ToString();
    }

    private static void Line(StringBuilder html, double[] values, double largest, string color)
    {
        IEnumerable<string> points = values.Select((v, i) => (v, i)).Where(p => double.IsFinite(p.v)).Select(p => string.Create(
            CultureInfo.InvariantCulture, $"{(values.Length < 2 ? 0 : (double)p.i / (values.Length - 1)) * (Width - 10) + 5:F1},{Height - 5 - (p.v / Math.Max(largest, 1e-30) * (Height - 10)):F1}"));
        html.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{string.Join(' ', points)}\"/>\n");
    }

    private static void Matrix(StringBuilder html, Evaluation evaluation, string[] labels)
    {
        string Name(int i) => WebUtility.HtmlEncode(i < labels.Length ? labels[i] : i.ToString(CultureInfo.InvariantCulture));
        int classes = evaluation.Confusion.Length;
        html.Append("<h2>Hold-out samples by label (rows) and prediction (columns)</h2><table><tr><th></th>");
        html.AppendJoin("", Enumerable.Range(0, classes).Select(i => $"<th>{Name(i)}</th>")).Append("</tr>\n");
        for (int row = 0; row < classes; row++)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th>{Name(row)}</th>");
            html.AppendJoin("", evaluation.Confusion[row].Select(c => string.Create(CultureInfo.InvariantCulture, $"<td>{c}</td>"))).Append("</tr>\n");
        }
        html.Append("</table>\n");
    }
}
