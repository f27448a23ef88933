using Edge.Runtime.Diagnostics;

namespace Edge.Cli;

/// <summary>One run as people read it.</summary>
internal static class RunText
{
    /// <param name="topOnly">Print classes and no statistics.</param>
    /// <param name="quiet">The outputs went to files: print where.</param>
    public static void Write(TextWriter writer, RunJson run, bool topOnly, bool quiet)
    {
        string inputs = run.Inputs.Length == 0 ? "no input" : string.Join(", ", run.Inputs);
        writer.WriteLine($"{inputs}  ({Quantity.Milliseconds(run.LatencyMs)})");
        if (topOnly)
        {
            WriteTop(writer, run.Outputs[0].Top ?? []);
            return;
        }
        foreach (OutputJson output in run.Outputs)
        {
            writer.WriteLine(quiet ? $"  {output.File}  {Describe(output)}" : $"  {output.Name}  {Describe(output)}  {Statistics(output)}");
        }
    }

    private static void WriteTop(TextWriter writer, TopJson[][] rows)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            if (rows.Length > 1)
            {
                writer.WriteLine($"  row {row}");
            }
            foreach (TopJson top in rows[row])
            {
                string bar = new('#', (int)Math.Round(top.Probability * 20));
                writer.WriteLine($"  {top.Probability,7:P1}  {top.Index,5}  {top.Label ?? ""}  {bar}".TrimEnd());
            }
        }
    }

    private static string Describe(OutputJson output) => $"{output.Type}[{string.Join(',', output.Shape)}]";

    private static string Statistics(OutputJson output)
    {
        string range = output.Min is null ? "no finite values" : FormattableString.Invariant($"min {output.Min:G6}, max {output.Max:G6}, mean {output.Mean:G6}");
        return output.NonFinite > 0 && output.Min is not null ? $"{range}, {output.NonFinite} not finite" : range;
    }
}
