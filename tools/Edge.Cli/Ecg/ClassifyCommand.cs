using Edge.Commands;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Cli.Ecg;

/// <summary><c>edge ecg classify</c>: a model on every beat or window of a recording.</summary>
internal sealed class ClassifyCommand : Command
{
    private readonly Argument<string> _record = new("RECORD") { Description = "A WFDB record (with or without .hea), or an EDF file." };
    private readonly Option<string> _model = new("--model") { Description = "A model that carries signal preprocessing.", HelpName = "M.edge", Required = true };
    private readonly Option<string> _out = new("--out") { Description = "WFDB annotation file to write, with a label per beat or window.", HelpName = "FILE" };
    private readonly Option<string> _beats = new("--beats") { Description = "Take the beats from an annotation file instead of detecting them.", HelpName = "FILE.ANN" };
    private readonly Option<int> _channel = CommonOptions.Number("--channel", "Signal to use, counted from 0.", 0, 0, 1023);
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<bool> _json = CommonOptions.Json();

    public ClassifyCommand()
        : base("classify", "Classifies every beat or window of a recording with a model.")
    {
        Arguments.Add(_record);
        foreach (Option option in new Option[] { _model, _out, _beats, _channel, _threads, _json })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string modelPath = result.GetRequiredValue(_model);
        string record = result.GetRequiredValue(_record);
        EdgeModel model = EdgeModel.Open(modelPath);
        if (model.Signal is null)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the model carries no signal preprocessing", "convert it again with a --preprocess file that describes a signal", modelPath);
        }
        using InferenceSession session = CommonOptions.OpenTested(model, modelPath, "auto", result.GetValue(_threads));
        using var recording = new EcgRecording(record, result.GetValue(_channel));
        IReadOnlyList<WfdbAnnotation>? beats = result.GetValue(_beats) is { } file ? WfdbAnnotationReader.Read(file).At(recording.SampleRate) : null;
        var pass = new ClassificationPass(recording, model, session, beats);
        long start = Stopwatch.GetTimestamp();
        List<ClassifiedWindow> windows = pass.Run();
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string? output = result.GetValue(_out);
        if (output is not null)
        {
            Write(output, recording.SampleRate, windows, result.GetValue(_channel));
        }
        var counts = windows.Select(w => w.Label).OfType<string>().GroupBy(l => l).OrderByDescending(g => g.Count()).ToDictionary(g => g.Key, g => g.Count());
        var report = new ClassifyJson(EcgRecording.NameOf(record), modelPath, counts.Values.Sum(), pass.Skipped, counts, milliseconds / Math.Max(1, windows.Count), output);
        Console.Out.Write(result.GetValue(_json) ? JsonSerializer.Serialize(report, EcgJson.Default.ClassifyJson) + "\n" : ToText(report));
        return 0;
    }

    private static void Write(string path, double sampleRate, List<ClassifiedWindow> windows, int channel)
    {
        using var writer = new WfdbAnnotationWriter(path, sampleRate);
        foreach (ClassifiedWindow window in windows)
        {
            writer.Write(new WfdbAnnotation(window.Sample, window.Code, Channel: channel, Text: window.Text));
        }
    }

    private static string ToText(ClassifyJson report)
    {
        var table = new TextTable("class", ">count");
        foreach ((string label, int count) in report.Classes)
        {
            table.Add(label, count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        return FormattableString.Invariant($"{report.Record}: {report.Classified} classified, {report.Skipped} skipped for missing samples, {report.MeanMs:F3} ms each\n") + table;
    }
}
