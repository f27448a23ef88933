using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>Prints an epoch a line, as it ends, with a bar of the epochs that are done.</summary>
internal sealed class EpochPrinter(int epochs) : IProgress<EpochReport>
{
    private const int BarWidth = 20;

    public void Report(EpochReport value)
    {
        string bar = new('█', BarWidth * value.Epoch / Math.Max(1, epochs));
        string holdout = value.Holdout is { } h ? FormattableString.Invariant($"  hold-out loss {h.Loss:F4} accuracy {100 * h.Accuracy:F2} %") : "";
        Console.Out.WriteLine(FormattableString.Invariant($"epoch {value.Epoch,3}/{epochs} {bar.PadRight(BarWidth, '░')}: loss {value.Loss:F4}{holdout}  {value.Time.TotalSeconds:F2} s"));
    }
}

/// <summary>The outcome of a tuning as text.</summary>
internal static class TuneReport
{
    private const int CurveWidth = 60;
    private const int MostClasses = 24;

    public static void Write(TextWriter writer, FineTuneResult result, string[] labels)
    {
        if (result.Requantization is { } requantization)
        {
            writer.WriteLine(requantization);
        }
        WriteCurve(writer, [.. result.Epochs.Select(e => e.Loss)]);
        if (result.After is { } after && after.Confusion.Length <= MostClasses)
        {
            WriteConfusion(writer, after, labels);
        }
    }

    /// <summary>The loss of each epoch as a row of bars.</summary>
    private static void WriteCurve(TextWriter writer, double[] losses)
    {
        if (losses.Length < 2)
        {
            return;
        }
        double largest = losses.Max();
        int columns = Math.Min(losses.Length, CurveWidth);
        string bars = string.Concat(Enumerable.Range(0, columns).Select(i =>
        {
            double loss = losses[i * (losses.Length - 1) / Math.Max(1, columns - 1)];
            return " ▁▂▃▄▅▆▇█"[(int)Math.Clamp(Math.Round(8 * loss / Math.Max(largest, 1e-30)), 0, 8)];
        }));
        writer.WriteLine(FormattableString.Invariant($"loss {losses[0]:F4} {bars} {losses[^1]:F4}"));
    }

    private static void WriteConfusion(TextWriter writer, Evaluation evaluation, string[] labels)
    {
        string Name(int i) => i < labels.Length ? labels[i] : i.ToString(CultureInfo.InvariantCulture);
        int width = Math.Max(6, Enumerable.Range(0, evaluation.Confusion.Length).Max(i => Name(i).Length) + 1);
        writer.WriteLine("hold-out samples by label (rows) and prediction (columns):");
        writer.WriteLine(new string(' ', width) + string.Concat(Enumerable.Range(0, evaluation.Confusion.Length).Select(i => Name(i).PadLeft(width))));
        for (int row = 0; row < evaluation.Confusion.Length; row++)
        {
            writer.WriteLine(Name(row).PadRight(width) + string.Concat(evaluation.Confusion[row].Select(c => c.ToString(CultureInfo.InvariantCulture).PadLeft(width))));
        }
    }
}

/// <summary>Sizes such as 64M.</summary>
internal static class ByteSize
{
    /// <exception cref="EdgeException">The text is no positive number with K, M, G or nothing behind it.</exception>
    public static long Parse(string text, string option)
    {
        long factor = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1 };
        string digits = factor > 1 ? text[..^1] : text;
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number > 0 && number * factor < long.MaxValue
            ? (long)(number * factor)
            : throw new EdgeException(EdgeError.BadOption, $"{option} is '{text}', expected a size such as 64M");
    }
}

/// <summary>Resident memory of this process, as the kernel counts it.</summary>
internal static partial class ProcessMemory
{
    public static long Resident() => Read("VmRSS:");

    /// <summary>The largest resident memory so far.</summary>
    public static long Peak() => Read("VmHWM:");

    /// <summary>Gives back what is free: objects without readers, and freed blocks that the C library keeps.</summary>
    public static void Trim()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);

    private static long Read(string key)
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            string? number = line?[key.Length..].Trim().Split(' ')[0];
            return number is null ? Environment.WorkingSet : long.Parse(number, CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return Environment.WorkingSet;
        }
    }
}
