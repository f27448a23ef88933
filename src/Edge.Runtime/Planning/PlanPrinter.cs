using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Planning;

/// <summary>A plan as text: a table of its steps, and a map of the arena with time to the right and memory downwards.</summary>
public static class PlanPrinter
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>One line per step: operator, kernel row, output, where the output lies in the arena, scratch and packed bytes.</summary>
    public static string Steps(ExecutionPlan plan)
    {
        var table = new TextTable(">#", "operator", "node", "kernel row", "output", ">offset", ">bytes", ">scratch", ">packed");
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            PlanStep step = plan.Steps[i];
            Location? output = step.Outputs.FirstOrDefault();
            table.Add(
                i.ToString(),
                step.Node.Operator.Kind,
                Shorten(step.Node.Name),
                step.RowName,
                output?.Value.Info.ToString() ?? "",
                output?.Buffer is { } buffer ? (buffer.Offset + output.Offset).ToString() : "-",
                output?.Buffer is not null ? output.Value.Info.Bytes.ToString() : "-",
                (step.Scratch?.Bytes ?? 0).ToString(),
                (step.Kernel?.PackedBytes ?? 0).ToString());
        }
        return table.ToString();
    }

    /// <summary>
    /// The arena: a column stands for one step (or several, when there are more steps than columns), a row for a slice of
    /// addresses. A letter is the buffer that lies there, a dot is free memory; the legend names the largest buffers.
    /// </summary>
    /// <param name="width">Most columns.</param>
    /// <param name="height">Most rows.</param>
    public static string ArenaMap(ExecutionPlan plan, int width = 72, int height = 20)
    {
        var text = new StringBuilder();
        text.Append($"arena {Quantity.Bytes(plan.ArenaBytes)} ({plan.ArenaBytes} bytes), lower bound {Quantity.Bytes(plan.LiveBytes)} ({plan.LiveBytes} bytes)\n");
        if (plan.ArenaBytes == 0)
        {
            return text.ToString();
        }
        // Time runs from -1 (inputs are written) to the number of steps (outputs are read).
        int moments = plan.Steps.Count + 2;
        int columns = Math.Min(width, moments);
        int rows = (int)Math.Min(height, Math.Max(1, plan.ArenaBytes / 64));
        ArenaBuffer[] named = [.. plan.Buffers.Where(b => b.Bytes > 0).OrderByDescending(b => b.Bytes).ThenBy(b => b.Offset).ThenBy(b => b.FirstStep)];
        for (int row = 0; row < rows; row++)
        {
            long from = plan.ArenaBytes * row / rows;
            long to = Math.Max(from + 1, plan.ArenaBytes * (row + 1) / rows);
            text.Append(Quantity.Bytes(from).PadLeft(10)).Append(" |");
            for (int column = 0; column < columns; column++)
            {
                int first = (int)((long)moments * column / columns) - 1;
                int last = (int)((long)moments * (column + 1) / columns) - 2;
                text.Append(CharAt(named, from, to, first, last));
            }
            text.Append("|\n");
        }
        text.Append(new string(' ', 11)).Append('+').Append('-', columns).Append("+ steps\n");
        AppendLegend(text, named);
        return text.ToString();
    }

    private static char CharAt(ArenaBuffer[] buffers, long from, long to, int first, int last)
    {
        int index = Array.FindIndex(buffers, b => b.Offset < to && b.Offset + b.Bytes > from && b.FirstStep <= last && b.LastStep >= first);
        return index < 0 ? '.' : index < Letters.Length ? Letters[index] : '#';
    }

    private static void AppendLegend(StringBuilder text, ArenaBuffer[] buffers)
    {
        var table = new TextTable("", "", ">", "");
        for (int i = 0; i < Math.Min(8, buffers.Length); i++)
        {
            table.Add(Letters[i].ToString(), Shorten(buffers[i].Name), Quantity.Bytes(buffers[i].Bytes), $"steps {buffers[i].FirstStep}..{buffers[i].LastStep}");
        }
        text.Append(table);
    }

    private static string Shorten(string name) => name.Length <= 32 ? name : "..." + name[^29..];
}
