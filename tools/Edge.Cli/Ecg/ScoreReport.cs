using System.Globalization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Cli.Ecg;

/// <summary>The table of <c>edge ecg score</c>.</summary>
internal static class ScoreReport
{
    public static ScoreReportJson Make(BeatComparisonOptions options, string[] records, BeatConfusion[] scores)
    {
        var gross = new BeatConfusion { SampleRate = scores[0].SampleRate };
        foreach (BeatConfusion score in scores)
        {
            gross.Add(score);
        }
        return new ScoreReportJson(
            options.Window.TotalMilliseconds,
            options.Start.TotalSeconds,
            [.. scores.Select((s, i) => Row(records[i], s))],
            Row("gross", gross),
            new AverageJson(Mean(scores.Select(s => s.Sensitivity)), Mean(scores.Select(s => s.PositivePredictivity))));
    }

    public static string ToText(ScoreReportJson report)
    {
        bool classes = report.Gross.Matrix.Any(r => r[1] + r[2] > 0);
        string[] titles = ["record", ">found", ">missed", ">extra", ">Se %", ">+P %"];
        string[] more = [">VEB Se", ">VEB +P", ">SVEB Se", ">SVEB +P"];
        var table = new TextTable([.. titles, .. classes ? more : [], ">RR error ms"]);
        IEnumerable<ScoreJson> rows = report.Records.Length > 1 ? report.Records.Append(report.Gross) : report.Records;
        foreach (ScoreJson row in rows)
        {
            string[] cells = [row.Record, Text(row.TruePositives), Text(row.FalseNegatives), Text(row.FalsePositives), Percent(row.Sensitivity), Percent(row.PositivePredictivity)];
            string[] classCells = [Percent(row.VebSensitivity), Percent(row.VebPositivePredictivity), Percent(row.SvebSensitivity), Percent(row.SvebPositivePredictivity)];
            table.Add([.. cells, .. classes ? classCells : [], row.IntervalErrorMs is { } e ? e.ToString("F2", CultureInfo.InvariantCulture) : "-"]);
        }
        if (report.Records.Length > 1)
        {
            string[] cells = ["average", "", "", "", Percent(report.Average.Sensitivity), Percent(report.Average.PositivePredictivity)];
            table.Add([.. cells, .. classes ? ["", "", "", ""] : Array.Empty<string>(), ""]);
        }
        return table.ToString() + (classes ? "\n" + Matrix(report.Gross) : "");
    }

    private static string Matrix(ScoreJson gross)
    {
        var table = new TextTable(["ref \\ test", .. BeatClasses.Letters.Select(c => ">" + char.ToLowerInvariant(c))]);
        for (int r = 0; r < BeatClasses.Count; r++)
        {
            table.Add([BeatClasses.Letters[r].ToString(), .. gross.Matrix[r].Select(Text)]);
        }
        return table.ToString();
    }

    private static ScoreJson Row(string record, BeatConfusion score)
    {
        (double vebSensitivity, double vebPredictivity) = score.OfClass(BeatClass.Ventricular);
        (double svebSensitivity, double svebPredictivity) = score.OfClass(BeatClass.Supraventricular);
        return new ScoreJson(
            record,
            score.TruePositives,
            score.FalseNegatives,
            score.FalsePositives,
            Defined(score.Sensitivity),
            Defined(score.PositivePredictivity),
            Defined(vebSensitivity),
            Defined(vebPredictivity),
            Defined(svebSensitivity),
            Defined(svebPredictivity),
            Defined(score.IntervalError),
            [.. Enumerable.Range(0, BeatClasses.Count).Select(r => Enumerable.Range(0, BeatClasses.Count).Select(t => score[(BeatClass)r, (BeatClass)t]).ToArray())]);
    }

    private static double? Mean(IEnumerable<double> values)
    {
        double[] defined = [.. values.Where(double.IsFinite)];
        return defined.Length > 0 ? defined.Average() : null;
    }

    private static double? Defined(double value) => double.IsFinite(value) ? value : null;

    private static string Percent(double? value) => value is { } v ? (v * 100).ToString("F2", CultureInfo.InvariantCulture) : "-";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
