using System.Text.Json.Serialization;
using Edge.Bench.Latency;
using Edge.Bench.Machine;

namespace Edge.Bench.Reports;

internal sealed record LatencyJson(MachineReport Machine, LatencyRow[] Rows, GroupJson[] GeometricMeans);

internal sealed record GroupJson(int Threads, bool Spinning, double RatioOfMedians, double RatioOfMinima);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(MachineReport))]
[JsonSerializable(typeof(LatencyJson))]
internal sealed partial class BenchJson : JsonSerializerContext;
