using System.CommandLine;
using System.Globalization;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Runtime.Training;

namespace Edge.Cli.Ecg;

/// <summary>
/// <c>edge ecg personalize</c>: tunes the final layers of a beat classifier on the first minutes of each record and scores the rest
/// by EC57, before and after.
/// </summary>
internal sealed class PersonalizeCommand : Command
{
    /// <summary>Beats of other patients, of each class, that are mixed in against forgetting.</summary>
    private const int ReplayPerClass = 60;

    private readonly Argument<string> _folder = new("DIR") { Description = "Folder with WFDB records and their .atr files." };
    private readonly Option<string> _model = new("--model") { Description = "A beat classifier, as edge ecg train writes it.", HelpName = "M.edge", Required = true };
    private readonly Option<string> _records = new("--records") { Description = "The patients.", HelpName = "ds1|ds2|all|A,B,...", DefaultValueFactory = _ => "ds2" };
    private readonly Option<string> _replay = new("--replay") { Description = "Records of other patients, mixed in against forgetting.", HelpName = "ds1|ds2|all|A,B,...", DefaultValueFactory = _ => "ds1" };
    private readonly Option<int> _minutes = CommonOptions.Number("--minutes", "Minutes at the start that are learned from.", 5, 1, 1440);
    private readonly Option<string> _layers = new("--layers") { Description = "What to train.", HelpName = "last:K|all|NAMES", DefaultValueFactory = _ => "last:2" };
    private readonly Option<int> _epochs = CommonOptions.Number("--epochs", "Passes over the beats.", 30, 1, 10_000);
    private readonly Option<int> _seed = CommonOptions.Number("--seed", "Of everything random.", 1, 0, int.MaxValue);
    private readonly Option<int> _threads = CommonOptions.Threads();

    public PersonalizeCommand()
        : base("personalize", "Tunes a beat classifier on the first minutes of each record and scores the rest, before and after.")
    {
        Arguments.Add(_folder);
        foreach (Option option in new Option[] { _model, _records, _replay, _minutes, _layers, _epochs, _seed, _threads })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        ModelFile model = EdgeModel.Open(path).File;
        if (model.Signal?.BeforeBeat is null || model.Labels.Count == 0 || model.Labels.Any(l => l.Length != 1 || !BeatClasses.Letters.Contains(l[0], StringComparison.Ordinal)))
        {
            throw new EdgeException(EdgeError.BadInputFile, "the model is no classifier of single beats by EC57 classes", "make one with edge ecg train", path);
        }
        string folder = result.GetRequiredValue(_folder);
        LabelledBeat[] others = [.. RecordSets.Find(folder, result.GetValue(_replay)!).SelectMany(r => LabelledBeats.Read(r, model.Signal).Beats)];
        List<LabelledBeat> replay = LabelledBeats.Choose(others, ReplayPerClass, (ulong)result.GetValue(_seed));
        var table = new TextTable("record", ">learned", ">VEB", ">SVEB", ">F1 before", ">F1 after", ">gain", "kept");
        var gains = new List<double>();
        foreach (string record in RecordSets.Find(folder, result.GetValue(_records)!))
        {
            Personalize(result, model, LabelledBeats.Read(record, model.Signal), replay, table, gains);
        }
        Console.Out.Write(table);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"mean gain {gains.DefaultIfEmpty().Average():+0.000;-0.000}, least {gains.DefaultIfEmpty().Min():+0.000;-0.000}, over {gains.Count} records with ectopic beats after the first {result.GetValue(_minutes)} minutes"));
        return 0;
    }

    private void Personalize(ParseResult result, ModelFile model, LabelledBeats record, List<LabelledBeat> replay, TextTable table, List<double> gains)
    {
        long end = (long)(result.GetValue(_minutes) * 60 * record.Header.FrameRate);
        LabelledBeat[] first = [.. record.Beats.Where(b => b.Sample < end)];
        var options = new FineTuneOptions
        {
            Layers = result.GetValue(_layers)!,
            Holdout = 0.2,
            MustImprove = true,
            Trainer = new TrainerOptions
            {
                Optimizer = new OptimizerOptions { Kind = OptimizerKind.AdamW, Rate = 1e-3f, L2 = 0.01f, ClipNorm = 5 },
                Epochs = result.GetValue(_epochs),
                BatchSize = 32,
                Seed = (ulong)result.GetValue(_seed),
                Threads = new SessionOptions { Threads = result.GetValue(_threads) }.ResolveThreads(),
            },
        };
        int window = model.Signal!.Window;
        FineTuner tuner = FineTuner.Plan(model, options, first.Length + replay.Count);
        FineTuneResult tuned = tuner.Run(LabelledBeats.ToSamples(first, window), LabelledBeats.ToSamples(replay, window));
        TimeSpan start = TimeSpan.FromMinutes(result.GetValue(_minutes));
        double? before = Score(model, record, start);
        double? after = Score(tuned.Model, record, start);
        LabelledBeat[] rest = [.. record.Beats.Where(b => b.Sample >= end)];
        string Text(double? f1) => f1 is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) : "-";
        table.Add(
            record.Record, first.Length.ToString(CultureInfo.InvariantCulture), Count(rest, BeatClass.Ventricular), Count(rest, BeatClass.Supraventricular),
            Text(before), Text(after), before is { } b && after is { } a ? (a - b).ToString("+0.000;-0.000", CultureInfo.InvariantCulture) : "-", tuned.Accepted ? "yes" : "no");
        if (before is { } old && after is { } now)
        {
            gains.Add(now - old);
        }
    }

    private static string Count(LabelledBeat[] beats, BeatClass beat) => beats.Count(b => b.Label == (int)beat).ToString(CultureInfo.InvariantCulture);

    /// <summary>F1 of ventricular and supraventricular beats together by EC57's counts; null where the record has none of them.</summary>
    private static double? Score(ModelFile model, LabelledBeats record, TimeSpan start)
    {
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        var scores = new float[model.Labels.Count];
        var test = new List<WfdbAnnotation>();
        foreach (LabelledBeat beat in record.Beats)
        {
            session.Run(beat.Window, scores);
            int best = Array.IndexOf(scores, scores.Max());
            var decided = (BeatClass)BeatClasses.Letters.IndexOf(model.Labels[Math.Max(0, best)][0], StringComparison.Ordinal);
            test.Add(new WfdbAnnotation(beat.Sample, BeatClasses.ToAnnotation(decided)));
        }
        BeatConfusion confusion = BeatComparison.Compare(record.Reference, test, record.Header.FrameRate, record.Header.Frames, new BeatComparisonOptions { Start = start });
        double found = 0;
        double missed = 0;
        double extra = 0;
        foreach (BeatClass beat in new[] { BeatClass.Ventricular, BeatClass.Supraventricular })
        {
            (double sensitivity, double predictivity) = confusion.OfClass(beat);
            double right = confusion[beat, beat];
            missed += double.IsNaN(sensitivity) ? 0 : sensitivity > 0 ? (right / sensitivity) - right : Missed(confusion, beat);
            extra += double.IsNaN(predictivity) ? 0 : predictivity > 0 ? (right / predictivity) - right : Extra(confusion, beat);
            found += right;
        }
        return found + missed == 0 ? null : 2 * found / ((2 * found) + missed + extra);
    }

    private static double Missed(BeatConfusion confusion, BeatClass beat) => Enumerable.Range(0, BeatClasses.Count).Sum(t => (double)confusion[beat, (BeatClass)t]);

    /// <summary>False positives where nothing was found; what EC57 excuses is not counted.</summary>
    private static double Extra(BeatConfusion confusion, BeatClass beat) => Enumerable.Range(0, BeatClasses.Count)
        .Where(r => (BeatClass)r != BeatClass.Unclassifiable && !(beat == BeatClass.Ventricular && (BeatClass)r == BeatClass.Fusion))
        .Sum(r => (double)confusion[(BeatClass)r, beat]);
}
