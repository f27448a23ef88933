using System.Text.Json.Serialization;
using Edge.Bench.Devices;
using Edge.Bench.Int8;
using Edge.Bench.Latency;
using Edge.Bench.Layers;
using Edge.Bench.Machine;
using Edge.Bench.Processes;
using Edge.Bench.Rows;

namespace Edge.Bench.Reports;

internal sealed record LatencyJson(MachineReport Machine, LatencyRow[] Rows, GroupJson[] GeometricMeans);

internal sealed record Int8Json(MachineReport Machine, Int8Row[] Rows);

internal sealed record GroupJson(int Threads, bool Spinning, double RatioOfMedians, double RatioOfMinima);

internal sealed record ProcessesJson(MachineReport Machine, int Threads, ProcessRow[] Rows);

internal sealed record KernelsJson(MachineReport Machine, int Threads, KernelTimeJson[] Kernels);

internal sealed record KernelTimeJson(string Row, string Problem, double MedianUs, double LeastUs, double Gflops, double ShareOfPeak, long AllocatedBytes);

internal sealed record LayersJson(MachineReport Machine, string Model, int Threads, int Runs, double Ms, LayerJson[] Layers);

internal sealed record LayerJson(
    string Node,
    string Operator,
    string Row,
    string Output,
    double Ms,
    double LeastMs,
    double Share,
    long MultiplyAdds,
    double Gflops,
    long ConstantBytes,
    long ActivationBytes,
    double RooflineMs,
    double ShareOfRoofline);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(MachineReport))]
[JsonSerializable(typeof(LatencyJson))]
[JsonSerializable(typeof(Int8Json))]
[JsonSerializable(typeof(KernelsJson))]
[JsonSerializable(typeof(DevicesJson))]
[JsonSerializable(typeof(DeviceLatencyJson))]
[JsonSerializable(typeof(LayersJson))]
[JsonSerializable(typeof(ProcessesJson))]
[JsonSerializable(typeof(RowTime[]))]
internal sealed partial class BenchJson : JsonSerializerContext;
