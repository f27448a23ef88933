using System.CommandLine;
using Edge.Bench;
using Edge.Bench.Latency;
using Edge.Bench.Machine;
using Edge.Commands;

var accuracy = new AccuracyCommand();
var latency = new LatencyCommand();
var peak = new PeakCommand();
var root = new RootCommand("Measures Edge, beside ONNX Runtime and against what the machine can do.") { latency, peak, accuracy };
var examples = new Dictionary<Command, string[]>
{
    [root] = ["edge-bench latency artifacts/zoo/resnet18.onnx --threads 1,2", "edge-bench peak", "edge-bench accuracy tools/zoo/models"],
    [latency] =
    [
        "edge-bench latency resnet18.onnx",
        "edge-bench latency artifacts/zoo --threads 1,2 --peer-spinning both",
        "edge-bench latency artifacts/zoo --rounds 20 --seconds 1 -o docs/performance.md --json latency.json",
    ],
    [peak] = ["edge-bench peak", "edge-bench peak --threads 1,2,4 --json peak.json"],
    [accuracy] = ["edge-bench accuracy artifacts/zoo", "edge-bench accuracy artifacts/zoo -o docs/accuracy.md"],
};
return CommandLineApp.Run(root, examples, args);
