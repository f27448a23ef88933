using Edge.Commands;
using System.CommandLine;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Cli.Ecg;

/// <summary><c>edge ecg score</c>: beat-by-beat comparison of annotation files as ANSI/AAMI EC57 asks for.</summary>
internal sealed class ScoreCommand : Command
{
    private readonly Argument<string> _reference = new("REF") { Description = "Reference annotation file beside its record's header; or a folder." };
    private readonly Argument<string> _test = new("TEST") { Description = "Annotation file to judge; or a folder, with one file RECORD.EXT per record." };
    private readonly Option<int> _window = CommonOptions.Number("--window", "Match window in milliseconds.", 150, 1, 10_000);
    private readonly Option<int> _start = CommonOptions.Number("--start", "Seconds at the beginning that do not count.", 300, 0, int.MaxValue);
    private readonly Option<string> _referenceAnnotator = new("--ref-ext") { Description = "Extension of the reference files of a folder.", HelpName = "EXT", DefaultValueFactory = _ => "atr" };
    private readonly Option<string> _testAnnotator = new("--test-ext") { Description = "Extension of the judged files of a folder.", HelpName = "EXT", DefaultValueFactory = _ => DetectCommand.Annotator };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ScoreCommand()
        : base("score", "Compares detected beats with reference beats, by the rules of ANSI/AAMI EC57.")
    {
        Arguments.Add(_reference);
        Arguments.Add(_test);
        foreach (Option option in new Option[] { _window, _start, _referenceAnnotator, _testAnnotator, _json })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        var options = new BeatComparisonOptions
        {
            Window = TimeSpan.FromMilliseconds(result.GetValue(_window)),
            Start = TimeSpan.FromSeconds(result.GetValue(_start)),
        };
        (string Reference, string Test)[] files = Files(result);
        BeatConfusion[] scores = [.. files.Select(f => Score(f.Reference, f.Test, options))];
        var report = ScoreReport.Make(options, [.. files.Select(f => EcgRecording.NameOf(f.Reference))], scores);
        Console.Out.Write(result.GetValue(_json) ? JsonSerializer.Serialize(report, EcgJson.Default.ScoreReportJson) + "\n" : ScoreReport.ToText(report));
        return 0;
    }

    private (string Reference, string Test)[] Files(ParseResult result)
    {
        string reference = result.GetRequiredValue(_reference);
        string test = result.GetRequiredValue(_test);
        if (!Directory.Exists(reference))
        {
            return [(reference, test)];
        }
        if (!Directory.Exists(test))
        {
            throw new EdgeException(EdgeError.BadInputFile, "REF is a folder, TEST is none", "give two files or two folders", test);
        }
        (string, string)[] files =
        [
            .. EcgRecording.RecordsIn(reference)
                .Select(h => (Path.ChangeExtension(h, result.GetValue(_referenceAnnotator)), Path.Combine(test, $"{EcgRecording.NameOf(h)}.{result.GetValue(_testAnnotator)}")))
                .Where(f => File.Exists(f.Item1)),
        ];
        return files.Length > 0
            ? files
            : throw new EdgeException(EdgeError.BadInputFile, $"no record of the folder has a reference file .{result.GetValue(_referenceAnnotator)}", "give --ref-ext", reference);
    }

    private static BeatConfusion Score(string reference, string test, BeatComparisonOptions options)
    {
        WfdbHeader header = WfdbHeaderReader.Read(Path.ChangeExtension(reference, ".hea"));
        WfdbAnnotations expected = WfdbAnnotationReader.Read(reference);
        WfdbAnnotations judged = WfdbAnnotationReader.Read(test);
        return BeatComparison.Compare(expected.At(header.FrameRate), judged.At(header.FrameRate), header.FrameRate, header.Frames, options);
    }
}
