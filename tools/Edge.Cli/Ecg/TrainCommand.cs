using System.CommandLine;
using Edge.Cli.Tune;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Training;

namespace Edge.Cli.Ecg;

/// <summary><c>edge ecg train</c>: trains a beat classifier on annotated records.</summary>
internal sealed class TrainCommand : Command
{
    private readonly Argument<string> _folder = new("DIR") { Description = "Folder with WFDB records and their .atr files." };
    private readonly Option<string> _records = new("--records") { Description = "Which records to learn from.", HelpName = "ds1|ds2|all|A,B,...", DefaultValueFactory = _ => "ds1" };
    private readonly Option<string> _out = new("--output", "-o") { Description = "The model.", HelpName = "OUT.edge", Required = true };
    private readonly Option<int> _epochs = CommonOptions.Number("--epochs", "Passes over the beats.", 8, 1, 10_000);
    private readonly Option<int> _seed = CommonOptions.Number("--seed", "Of everything random.", 1, 0, int.MaxValue);
    private readonly Option<int> _threads = CommonOptions.Threads();

    public TrainCommand()
        : base("train", "Trains a beat classifier (N, S, V, F, Q) on annotated records.")
    {
        Arguments.Add(_folder);
        foreach (Option option in new Option[] { _records, _out, _epochs, _seed, _threads })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        ulong seed = (ulong)result.GetValue(_seed);
        ModelFile model = BeatNetwork.Create(seed);
        LabelledBeat[] beats = [.. RecordSets.Find(result.GetRequiredValue(_folder), result.GetValue(_records)!).SelectMany(r => LabelledBeats.Read(r, BeatNetwork.Signal).Beats)];
        MemorySamples samples = LabelledBeats.ToSamples(beats, BeatNetwork.Signal.Window);
        var options = new TrainerOptions
        {
            Loss = new TrainingLoss { ClassWeights = TrainingLoss.Balance(samples, BeatNetwork.Labels.Length) },
            Optimizer = new OptimizerOptions { Kind = OptimizerKind.AdamW, Rate = 2e-3f, L2 = 0.01f, ClipNorm = 5 },
            Schedule = new LearningSchedule(ScheduleKind.Cosine) { Warmup = 0.05f },
            Epochs = result.GetValue(_epochs),
            BatchSize = 64,
            Seed = seed,
            Threads = new SessionOptions { Threads = result.GetValue(_threads) }.ResolveThreads(),
        };
        Value[] weights = [.. TrainableLayer.Select(model.Graph, "all").SelectMany(l => l.Weights)];
        using var trainer = new Trainer(model.Graph, weights, options);
        (SampleSubset train, SampleSubset holdout) = SampleSubset.Split(samples, 0.1, seed);
        Console.Out.WriteLine($"{beats.Length} beats: {string.Join(", ", BeatNetwork.Labels.Select((l, i) => $"{beats.Count(b => b.Label == i)} {l}"))}");
        trainer.Train(train, holdout, new EpochPrinter(options.Epochs));
        EdgeWriter.Write(model with { Graph = trainer.ToModel() }, result.GetRequiredValue(_out));
        return 0;
    }
}
