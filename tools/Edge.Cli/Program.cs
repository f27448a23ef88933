using System.CommandLine;
using Edge.Cli;
using Edge.Cli.Ecg;
using Edge.Commands;
using Edge.Cli.Tune;

var run = new RunCommand();
var bench = new BenchCommand();
var inspect = new InspectCommand();
var doctor = new DoctorCommand();
var tune = new TuneCommand();
var detect = new DetectCommand();
var score = new ScoreCommand();
var classify = new ClassifyCommand();
var serve = new ServeCommand();
var train = new TrainCommand();
var personalize = new PersonalizeCommand();
var ecg = new Command("ecg", "Finds, compares and classifies heart beats in ECG recordings.") { detect, score, classify, train, personalize };
var root = new RootCommand("Runs .edge models on this device.") { run, bench, inspect, doctor, ecg, serve, tune };
var examples = new Dictionary<Command, string[]>
{
    [root] = ["edge run model.edge photo.jpg --top 5", "edge bench model.edge", "edge inspect model.edge --plan", "edge doctor model.edge"],
    [run] =
    [
        "edge run model.edge input.npy --output-dir out",
        "edge run model.edge photo.jpg --top 5",
        "edge run model.edge *.png --top 1 --json",
    ],
    [bench] = ["edge bench model.edge", "edge bench model.edge --threads 1 --runs 200 --json", "edge bench model.edge --layers"],
    [inspect] = ["edge inspect model.edge", "edge inspect model.edge --plan", "edge inspect model.edge --plan --backend vulkan", "edge inspect model.edge --json"],
    [ecg] = ["edge ecg detect mitdb/100 --out 100.qrs", "edge ecg score mitdb/100.atr 100.qrs", "edge ecg classify mitdb/100 --model beats.edge --out 100.cls"],
    [detect] = ["edge ecg detect mitdb/100 --out 100.qrs", "edge ecg detect night.edf --channel 1 --json", "edge ecg detect mitdb --out beats"],
    [score] = ["edge ecg score mitdb/100.atr 100.qrs", "edge ecg score mitdb/100.atr 100.qrs --window 50 --json", "edge ecg score mitdb beats"],
    [classify] = ["edge ecg classify mitdb/100 --model beats.edge --out 100.cls", "edge ecg classify mitdb/100 --model beats.edge --beats mitdb/100.atr"],
    [train] = ["edge ecg train mitdb --records ds1 -o beats.edge"],
    [personalize] = ["edge ecg personalize mitdb --model beats.edge --records ds2"],
    [tune] =
    [
        "edge tune model.edge --data photos --layers last:1 -o tuned.edge",
        "edge tune model.edge --data photos --classes ant,bee --max-ram 64M -o tuned.edge",
        "edge tune model.edge --data photos --delta patch.delta",
        "edge tune apply model.edge patch.delta",
        "edge tune undo model.edge",
        "edge tune lenet5.edge --data mnist --layers all --from-scratch --holdout 0 --epochs 10 --batch 64 -o trained.edge",
    ],
    [serve] = ["edge serve --demo", "edge serve edge.json", "edge serve edge.json --check", "edge serve edge.json --set streams.0.source=synthetic://camera"],
    [doctor] = ["edge doctor", "edge doctor model.edge", "edge doctor model.edge --backend vulkan"],
};
return CommandLineApp.Run(root, examples, args);
