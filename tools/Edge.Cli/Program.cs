using System.CommandLine;
using Edge.Cli;
using Edge.Cli.Ecg;
using Edge.Commands;

var run = new RunCommand();
var bench = new BenchCommand();
var inspect = new InspectCommand();
var doctor = new DoctorCommand();
var detect = new DetectCommand();
var score = new ScoreCommand();
var classify = new ClassifyCommand();
var serve = new ServeCommand();
var ecg = new Command("ecg", "Finds, compares and classifies heart beats in ECG recordings.") { detect, score, classify };
var root = new RootCommand("Runs .edge models on this device.") { run, bench, inspect, doctor, ecg, serve };
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
    [serve] = ["edge serve --demo", "edge serve edge.json", "edge serve edge.json --check", "edge serve edge.json --set streams.0.source=synthetic://camera"],
    [doctor] = ["edge doctor", "edge doctor model.edge", "edge doctor model.edge --backend vulkan"],
};
return CommandLineApp.Run(root, examples, args);
