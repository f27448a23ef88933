using System.CommandLine;
using Edge.Bench;
using Edge.Bench.Devices;
using Edge.Bench.Int8;
using Edge.Bench.Kernels;
using Edge.Bench.Latency;
using Edge.Bench.Layers;
using Edge.Bench.Machine;
using Edge.Bench.Processes;
using Edge.Bench.Rows;
using Edge.Bench.Soak;
using Edge.Commands;

var accuracy = new AccuracyCommand();
var latency = new LatencyCommand();
var int8 = new Int8Command();
var layers = new LayersCommand();
var kernels = new KernelsCommand();
var memory = ProcessCommand.Memory();
var cold = ProcessCommand.Cold();
var peak = new PeakCommand();
var rows = new RowsCommand();
var soak = new SoakCommand();
var devices = new DevicesCommand();
var deviceMemory = new DeviceMemoryCommand();
var deviceLatency = new DeviceLatencyCommand();
var outputs = new OutputsCommand();
var root = new RootCommand("Measures Edge, beside ONNX Runtime and against what the machine can do.") { latency, int8, layers, kernels, rows, memory, cold, peak, accuracy, outputs, soak, devices, deviceLatency, deviceMemory };
var examples = new Dictionary<Command, string[]>
{
    [root] = ["edge-bench latency artifacts/zoo/resnet18.onnx --threads 1,2", "edge-bench peak", "edge-bench accuracy tools/zoo/models"],
    [latency] =
    [
        "edge-bench latency resnet18.onnx",
        "edge-bench latency artifacts/zoo --threads 1,2 --peer-spinning both",
        "edge-bench latency artifacts/zoo --rounds 20 --seconds 1 -o docs/performance.md --json latency.json",
    ],
    [int8] = ["edge-bench int8 resnet18.onnx --quantized qdq", "edge-bench int8 float32 --quantized qdq --threads 1,2 -o docs/performance.md"],
    [layers] = ["edge-bench layers resnet18.onnx", "edge-bench layers resnet18.onnx --threads 2 --top 10", "edge-bench layers resnet18.onnx -o docs/performance.md --section 'layers resnet18'"],
    [kernels] = ["edge-bench kernels --list", "edge-bench kernels --filter depthwise", "edge-bench kernels --filter resnet50 gemm --threads 2 --json kernels.json"],
    [rows] = ["edge-bench rows", "edge-bench rows --fit", "edge-bench rows -o docs/performance.md"],
    [memory] = ["edge-bench memory resnet50.onnx", "edge-bench memory artifacts/zoo/resnet50.onnx -o docs/performance.md"],
    [cold] = ["edge-bench cold resnet18.onnx", "edge-bench cold resnet18.onnx mobilenet_v2.onnx --processes 15 -o docs/performance.md"],
    [peak] = ["edge-bench peak", "edge-bench peak --threads 1,2,4 --json peak.json"],
    [soak] = ["edge-bench soak --minutes 2", "edge-bench soak -o docs/streaming.md", "edge-bench soak --slow 5 --section 'soak slow' -o docs/streaming.md"],
    [devices] = ["edge-bench devices artifacts/zoo/resnet18.onnx", "edge-bench devices artifacts/zoo --int8 -o docs/devices.md"],
    [deviceMemory] = ["edge-bench device-memory artifacts/zoo/resnet18.onnx"],
    [deviceLatency] = ["edge-bench device-latency resnet18.edge", "edge-bench device-latency artifacts/zoo/resnet18.onnx --f16 -o docs/performance.md"],
    [outputs] = ["edge-bench outputs model-int8.edge --data samples.npy -o ours", "edge-bench outputs model.qdq.onnx --data samples.npy -o peer"],
    [accuracy] = ["edge-bench accuracy artifacts/zoo", "edge-bench accuracy artifacts/zoo -o docs/accuracy.md"],
};
return CommandLineApp.Run(root, examples, args);
