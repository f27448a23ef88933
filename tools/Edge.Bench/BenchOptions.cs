using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Edge.Convert.Cli;
using Edge.Kernels.Tensors;

namespace Edge.Bench;

/// <summary>Arguments and options that several commands have.</summary>
internal static class BenchOptions
{
    private const int MaxThreads = 1024;

    public static Argument<string[]> Models() => new("MODEL") { Description = "ONNX files, or folders that are searched for them.", Arity = ArgumentArity.OneOrMore };

    public static Argument<string> Model() => new("MODEL") { Description = "An ONNX file." };

    /// <summary>Numbers of threads, separated by commas.</summary>
    public static Option<int[]> Threads() => new("--threads")
    {
        Description = "Numbers of threads that work on one inference.",
        HelpName = "N,N",
        DefaultValueFactory = _ => [1],
        CustomParser = ParseThreads,
    };

    public static Option<Dictionary<string, Shape>> InputShapes() => new("--input-shape")
    {
        Description = "Shape of an input that the model leaves open; may be repeated.",
        HelpName = "NAME=1,3,224,224",
        DefaultValueFactory = _ => [],
        CustomParser = result => Assignments.ToDictionary("--input-shape", Assignments.ParseShapes(result)),
    };

    /// <summary>An integer option with a range.</summary>
    public static Option<int> Number(string name, string description, int defaultValue, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result => RequireRange(result, name, least, most));
        return option;
    }

    /// <summary>A length of time in seconds, above 0 and at most an hour.</summary>
    public static Option<double> Seconds(string name, string description, double defaultValue)
    {
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = "S",
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN,
        };
        option.Validators.Add(result => RequireRange(result, name, double.Epsilon, 3600));
        return option;
    }

    /// <summary>The command line as it was typed, without the program.</summary>
    public static string CommandLine(ParseResult result) => string.Join(' ', result.Tokens.Select(t => t.Value));

    private static void RequireRange(OptionResult result, string name, double least, double most)
    {
        // A word that is no number at all is reported by the parser.
        string? word = result.Tokens.LastOrDefault()?.Value;
        if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && !(value >= least && value <= most))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, expected {least:G3} to {most}"));
        }
    }

    private static int[] ParseThreads(ArgumentResult result)
    {
        var counts = new List<int>();
        foreach (string word in result.Tokens.SelectMany(t => t.Value.Split(',')))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count is < 1 or > MaxThreads)
            {
                result.AddError($"'{word}' is no number of threads from 1 to {MaxThreads}");
                return [];
            }
            counts.Add(count);
        }
        return [.. counts.Distinct()];
    }
}
