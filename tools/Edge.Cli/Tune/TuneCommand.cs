using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Edge.Commands;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary><c>edge tune</c>: trains a model, or its last layers, on labelled samples.</summary>
internal sealed class TuneCommand : Command
{
    private const double Mebi = 1 << 20;

    /// <summary>Bytes for code that is compiled again while it runs, and for short-lived objects: 2 to 4 MiB were seen.</summary>
    private const long Reserve = 4 << 20;

    private readonly Argument<string> _model = CommonOptions.Model();
    private readonly Option<string> _data = new("--data") { Description = "Folder with one folder of images or .npy files per class, or with x.npy and y.npy, or with IDX files.", HelpName = "DIR", Required = true };
    private readonly Option<string> _test = new("--test") { Description = "Further samples, of the same kinds, on which the result is measured.", HelpName = "DIR" };
    private readonly Option<string> _replay = new("--replay") { Description = "Samples of what the model knows, mixed in against forgetting.", HelpName = "DIR" };
    private readonly Option<string> _augment = new("--augment") { Description = "Random changes of the samples; see docs/training.md.", HelpName = "FILE.json" };
    private readonly Option<string> _layers = new("--layers") { Description = "What to train: last:K, all, or names of layers.", HelpName = "last:K|all|NAMES", DefaultValueFactory = _ => "last:1" };
    private readonly Option<string> _classes = new("--classes") { Description = "Names of the classes, in order; replaces the last layer where they are not the model's. Default: the folders.", HelpName = "A,B,..." };
    private readonly Option<bool> _scratch = new("--from-scratch") { Description = "Start from fresh weights instead of the model's." };
    private readonly Option<string> _optimizer = new("--optimizer") { Description = "How weights follow gradients.", HelpName = "sgd|momentum|nesterov|rmsprop|adam|adamw", DefaultValueFactory = _ => "adam" };
    private readonly Option<float> _rate = Float("--rate", "Learning rate.", 1e-3f);
    private readonly Option<string> _schedule = new("--schedule") { Description = "How the rate changes.", HelpName = "constant|step|exponential|cosine|linear", DefaultValueFactory = _ => "constant" };
    private readonly Option<int> _epochs = CommonOptions.Number("--epochs", "Passes over the samples.", 20, 1, 100_000);
    private readonly Option<int> _batch = CommonOptions.Number("--batch", "Samples per step.", 32, 1, 1 << 20);
    private readonly Option<float> _holdout = Float("--holdout", "Share of the samples to judge by; the result is kept only if it is not worse on them.", 0.2f);
    private readonly Option<float> _l1 = Float("--l1", "Strength of L1 regularisation.", 0);
    private readonly Option<float> _l2 = Float("--l2", "Strength of L2 regularisation, or weight decay of adamw.", 0);
    private readonly Option<float> _clip = Float("--clip", "Largest norm of the gradients; 0 = any.", 0);
    private readonly Option<float> _dropout = Float("--dropout", "Share of the trained part's inputs that are dropped in each step.", 0);
    private readonly Option<float> _smoothing = Float("--label-smoothing", "Share of each target that is spread over all classes.", 0);
    private readonly Option<bool> _balance = new("--balance") { Description = "Rare classes weigh more, by the square root of their rarity, at most ten times." };
    private readonly Option<int> _patience = CommonOptions.Number("--patience", "Stop after N epochs without a better hold-out loss; 0 = never.", 0, 0, 100_000);
    private readonly Option<bool> _statistics = new("--batch-statistics") { Description = "Batch normalization takes mean and variance from the batch." };
    private readonly Option<string> _maxRam = new("--max-ram") { Description = "Most memory that the process may take, for example 64M.", HelpName = "SIZE" };
    private readonly Option<float> _budget = Float("--budget", "Points of accuracy that it may cost to write trained layers in int8 again, where the model has them in int8.", 0.5f);
    private readonly Option<int> _seed = CommonOptions.Number("--seed", "Of everything random.", 1, 0, int.MaxValue);
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<string> _output = new("--output", "-o") { Description = "The tuned model.", HelpName = "OUT.edge" };
    private readonly Option<string> _delta = new("--delta") { Description = "The changed weights alone, for edge tune apply.", HelpName = "FILE" };
    private readonly Option<string> _curve = new("--curve") { Description = "Learning curve and confusion matrix.", HelpName = "FILE.html" };

    public TuneCommand()
        : base("tune", "Trains a model, or its last layers, on labelled samples.")
    {
        Arguments.Add(_model);
        _optimizer.AcceptOnlyFromAmong("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw");
        _schedule.AcceptOnlyFromAmong("constant", "step", "exponential", "cosine", "linear");
        Option[] options =
        [
            _data, _test, _replay, _output, _delta, _curve, _layers, _classes, _scratch, _augment, _epochs, _batch, _optimizer, _rate, _schedule, _l1, _l2, _clip, _dropout, _smoothing, _balance, _holdout, _patience,
            _statistics, _maxRam, _budget, _seed, _threads,
        ];
        foreach (Option option in options)
        {
            Options.Add(option);
        }
        Validators.Add(result =>
        {
            if (result.GetValue(_output) is null && result.GetValue(_delta) is null)
            {
                result.AddError("where should the result go? Give -o OUT.edge, --delta FILE, or both");
            }
        });
        Subcommands.Add(new ApplyCommand());
        Subcommands.Add(new UndoCommand());
        Subcommands.Add(new HistoryCommand());
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        EdgeModel model = EdgeModel.Open(result.GetRequiredValue(_model));
        string[] classes = result.GetValue(_classes)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        long start = ProcessMemory.Resident();
        SampleFolder data = SampleFolder.Open(result.GetRequiredValue(_data), model.File, classes);
        SampleFolder? replay = result.GetValue(_replay) is { } folder ? SampleFolder.Open(folder, model.File, classes) : null;
        FineTuneOptions options = Read(result, model.File, data, replay);
        (FineTuner tuner, long planned) = Plan(model.File, options, data.Samples.Count + (replay?.Samples.Count ?? 0));
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{data.Samples.Count} samples of {data.Labels.Length} classes; {tuner.TrainedCount} weights are trained, {tuner.MicroBatch} samples at a time{(tuner.Recomputes ? ", activations computed twice" : "")}; memory: {planned / Mebi:F1} MiB are planned, {ProcessMemory.Resident() / Mebi:F1} MiB are taken"));
        RequireDelta(tuner, result.GetValue(_delta));
        long time = Stopwatch.GetTimestamp();
        FineTuneResult tuned = tuner.Run(data.Samples, replay?.Samples, new EpochPrinter(options.Trainer.Epochs));
        TuneReport.Write(Console.Out, tuned, data.Labels);
        if (result.GetValue(_curve) is { } curve)
        {
            DeltaFiles.Write(curve, System.Text.Encoding.UTF8.GetBytes(CurveHtml.Create(tuned, data.Labels)));
        }
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{Stopwatch.GetElapsedTime(time).TotalSeconds:F1} s; memory: {ProcessMemory.Peak() / Mebi:F1} MiB at its peak, {planned / Mebi:F1} MiB were planned, {start / Mebi:F1} MiB were taken before the samples were opened"));
        if (!tuned.Accepted)
        {
            throw new EdgeException(EdgeError.NotBetter, $"{tuned.Reason}; the model is left as it is", "give more samples, other layers, or a smaller --rate");
        }
        Save(result, tuned, options.Labels);
        if (result.GetValue(_test) is { } test)
        {
            Measure(tuned.Model, SampleFolder.Open(test, model.File, classes), options.Trainer.Threads);
        }
        return 0;
    }

    private static void RequireDelta(FineTuner tuner, string? delta)
    {
        if (tuner.HasIntegers && delta is not null)
        {
            throw new EdgeException(EdgeError.BadOption, "the layers that are to be trained are int8, and a delta holds float32 weights", "write the whole model with -o", delta);
        }
    }

    /// <summary>Plans, lets everything run once on nothing so that what the process needs besides the data can be measured, and plans with that.</summary>
    /// <returns>The tuner, and the bytes that the process will have at its peak.</returns>
    private static (FineTuner Tuner, long Planned) Plan(ModelFile model, FineTuneOptions options, int samples)
    {
        FineTuner first = FineTuner.Plan(model, options with { BaseBytes = ProcessMemory.Resident() }, samples);
        first.Rehearse();
        ProcessMemory.Trim();
        FineTuner tuner = FineTuner.Plan(model, options with { BaseBytes = ProcessMemory.Resident() + Reserve }, samples);
        return (tuner, Math.Max(tuner.PlannedBytes, ProcessMemory.Peak()));
    }

    private void Save(ParseResult result, FineTuneResult tuned, IReadOnlyList<string> labels)
    {
        if (result.GetValue(_output) is { } output)
        {
            EdgeWriter.Write(tuned.Model, output);
            Console.Out.WriteLine($"{output}: {tuned.Reason}");
        }
        if (result.GetValue(_delta) is { } file)
        {
            byte[] bytes = new WeightDelta(new ModelStore(result.GetRequiredValue(_model)).Sha256(), labels.Count, labels, tuned.Weights).ToBytes();
            DeltaFiles.Write(file, bytes);
            Console.Out.WriteLine(FormattableString.Invariant($"{file}: {bytes.Length / 1024.0:F1} KiB; {tuned.Reason}"));
        }
    }

    private FineTuneOptions Read(ParseResult result, ModelFile model, SampleFolder data, SampleFolder? replay)
    {
        int threads = new Runtime.Execution.SessionOptions { Threads = result.GetValue(_threads) }.ResolveThreads();
        AugmentationFile augment = result.GetValue(_augment) is { } file ? AugmentationFile.Read(file) : new AugmentationFile();
        return new FineTuneOptions
        {
            Augmentation = augment.ToAugmentation(),
            Copies = augment.Copies,
            Layers = result.GetValue(_layers)!,
            Labels = data.Labels.SequenceEqual(model.Labels) ? [] : data.Labels,
            FromScratch = result.GetValue(_scratch),
            Holdout = result.GetValue(_holdout),
            Budget = result.GetValue(_budget),
            MaxBytes = result.GetValue(_maxRam) is { } size ? ByteSize.Parse(size, "--max-ram") : 0,
            SampleBytes = data.ReadBytes + (replay?.ReadBytes ?? 0),
            SlowSamples = data.AreSlow || replay is { AreSlow: true },
            Trainer = new TrainerOptions
            {
                Loss = new TrainingLoss { LabelSmoothing = result.GetValue(_smoothing), ClassWeights = result.GetValue(_balance) ? TrainingLoss.Balance(data.Samples, data.Labels.Length) : [] },
                Optimizer = new OptimizerOptions
                {
                    Kind = Enum.Parse<OptimizerKind>(result.GetValue(_optimizer)!, ignoreCase: true),
                    Rate = result.GetValue(_rate),
                    L1 = result.GetValue(_l1),
                    L2 = result.GetValue(_l2),
                    ClipNorm = result.GetValue(_clip),
                },
                Schedule = new LearningSchedule(Enum.Parse<ScheduleKind>(result.GetValue(_schedule)!, ignoreCase: true)),
                Epochs = result.GetValue(_epochs),
                BatchSize = Math.Min(result.GetValue(_batch), Math.Max(1, data.Samples.Count)),
                Patience = result.GetValue(_patience),
                Dropout = result.GetValue(_dropout),
                BatchStatistics = result.GetValue(_statistics),
                Seed = (ulong)result.GetValue(_seed),
                Threads = threads,
            },
        };
    }

    private static void Measure(ModelFile model, SampleFolder test, int threads)
    {
        using var session = new Runtime.Execution.InferenceSession(model.Graph, new Runtime.Execution.SessionOptions { Threads = threads });
        int batch = session.Inputs[0].Info.KnownShape[0];
        int classes = (int)(session.Outputs[0].Info.KnownShape.Count / batch);
        var input = new float[session.Inputs[0].Info.KnownShape.Count];
        var output = new float[session.Outputs[0].Info.KnownShape.Count];
        int right = 0;
        for (int i = 0; i < test.Samples.Count; i++)
        {
            test.Samples.Read(i, input.AsSpan(0, test.Samples.SampleFloats));
            session.Run(input, output);
            int best = Enumerable.Range(0, classes).MaxBy(c => output[c]);
            right += best == test.Samples.Label(i) ? 1 : 0;
        }
        Console.Out.WriteLine(FormattableString.Invariant($"test: {right} of {test.Samples.Count} right, {100.0 * right / Math.Max(1, test.Samples.Count):F2} %"));
    }

    private static Option<float> Float(string name, string description, float value)
    {
        var option = new Option<float>(name) { Description = description, HelpName = "X", DefaultValueFactory = _ => value };
        option.CustomParser = argument =>
        {
            string word = argument.Tokens[^1].Value;
            if (float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))
            {
                return number;
            }
            argument.AddError($"{name} is '{word}', expected a number");
            return 0;
        };
        return option;
    }
}
