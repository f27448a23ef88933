using System.Text.Json.Serialization;
using Edge.Kernels.Tensors;

namespace Edge.Cli;

internal sealed record RunsJson(string Model, string Backend, int Threads, RunJson[] Runs);

internal sealed record RunJson(string[] Inputs, double LatencyMs, OutputJson[] Outputs);

/// <param name="Min">Least finite value; null where there is none.</param>
/// <param name="NonFinite">How many values are NaN or infinite.</param>
internal sealed record OutputJson(string Name, string Type, int[] Shape, double? Min, double? Max, double? Mean, long NonFinite, string? File, TopJson[][]? Top)
{
    public static OutputJson Of(string name, Tensor tensor, TopJson[][]? top)
    {
        double[] finite = [.. tensor.ToDouble().Where(double.IsFinite)];
        return new OutputJson(
            name,
            tensor.Type.Name(),
            tensor.Shape.ToArray(),
            finite.Length == 0 ? null : finite.Min(),
            finite.Length == 0 ? null : finite.Max(),
            finite.Length == 0 ? null : finite.Average(),
            tensor.Count - finite.Length,
            null,
            top);
    }
}

/// <param name="Label">Null where the model has no label for the class.</param>
internal sealed record TopJson(int Index, string? Label, double Probability);

internal sealed record BenchJson(
    string Model,
    string Backend,
    int Threads,
    int Runs,
    LatencyJson LatencyMs,
    double ColdStartMs,
    long ArenaBytes,
    long WeightsBytes,
    long PeakRssBytes,
    long AllocatedBytesPerRun,
    double[] FirstRunsMs,
    StreamBenchJson? Stream,
    LayerJson[]? Layers,
    string? Device);

/// <param name="HopBytes">For feature maps: the arena of a hop and what is kept from hop to hop.</param>
/// <param name="WindowBytes">The arena of a whole window.</param>
/// <param name="Difference">Largest |a-b| / max|b| between hops and whole windows.</param>
internal sealed record StreamBenchJson(int Hop, double HopMs, double WindowMs, double Speedup, long HopMultiplyAdds, long WindowMultiplyAdds, long HopBytes, long WindowBytes, double Difference);

internal sealed record LatencyJson(double Min, double Median, double P95, double Max);

internal sealed record LayerJson(string Node, string Operator, string Row, double Ms, double Share, long MultiplyAdds, double Gflops);

internal sealed record InspectJson(
    string Model,
    string Name,
    long FileBytes,
    ValueJson[] Inputs,
    ValueJson[] Outputs,
    int Nodes,
    Dictionary<string, int> Operators,
    long Parameters,
    long MultiplyAdds,
    long WeightsBytes,
    long ArenaBytes,
    long ArenaLowerBoundBytes,
    string[] Labels,
    string? Preprocessing,
    GoldenJson[] Goldens,
    ProvenanceJson Provenance,
    StepJson[]? Plan,
    PlacementJson? Placement);

/// <param name="Stages">Where the work goes from one side to the other.</param>
internal sealed record PlacementJson(string Backend, string? Device, double? CpuMs, double? ChosenMs, string[] Remarks, StageJson[] Stages);

internal sealed record StageJson(bool OnDevice, int FirstStep, int Steps, long UploadBytes, long DownloadBytes);

internal sealed record ValueJson(string Name, string Type, int[]? Shape);

internal sealed record GoldenJson(string Name, double Tolerance, double? Error, bool? Passed);

internal sealed record ProvenanceJson(string Writer, string Source, string SourceSha256, string Producer);

internal sealed record StepJson(string Node, string Operator, string Row, string Output, long? Offset, long? Bytes, long ScratchBytes, long PackedBytes);

internal sealed record DoctorJson(
    string Version,
    string Os,
    string Runtime,
    string Architecture,
    int Cores,
    long MemoryBytes,
    string CpuFeatures,
    string UsedCpuFeatures,
    KnobJson[] Knobs,
    BackendJson[] Backends,
    TableJson[] Tables,
    string? Model,
    GoldenJson[]? Goldens);

/// <param name="Problem">Why there are no devices; null where there are.</param>
internal sealed record BackendJson(string Name, string? Problem, DeviceJson[] Devices);

internal sealed record DeviceJson(
    string Name, string Driver, string Kind, long MemoryBytes, long MaxBufferBytes, int MaxGroupSize, long SharedBytes, int Units, int SubgroupSize, bool Float16, bool Int8);

internal sealed record KnobJson(string Name, string Value, string Description);

internal sealed record TableJson(string Family, RowJson[] Rows, string[] DeviceRows);

internal sealed record RowJson(string Name, bool Available, string Requires);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunsJson))]
[JsonSerializable(typeof(BenchJson))]
[JsonSerializable(typeof(InspectJson))]
[JsonSerializable(typeof(DoctorJson))]
internal sealed partial class CliJson : JsonSerializerContext;
