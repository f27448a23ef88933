using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Google.Protobuf;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>
/// Golden samples in a header. Those that hold all of their values are stored as every program of this major version reads them;
/// others as brief samples, which programs before them skip.
/// </summary>
internal static class GoldenFormat
{
    /// <summary>Whether a sample holds the values of all inputs and outputs.</summary>
    public static bool IsWhole(GoldenSample sample) => sample.Inputs.All(i => i.Stored is not null) && sample.Outputs.All(o => o.Stride == 1);

    public static Wire.GoldenSample Write(GoldenSample sample, SectionBuilder sections)
    {
        var wire = new Wire.GoldenSample { Name = sample.Name, Tolerance = sample.Tolerance };
        wire.Inputs.Add(sample.Inputs.Select(i => Tensor(i.Info, i.Stored!, sections)));
        wire.Outputs.Add(sample.Outputs.Select(o => Tensor(o.Info, o.Values, sections)));
        return wire;
    }

    public static Wire.BriefSample WriteBrief(GoldenSample sample, Graph graph, SectionBuilder sections)
    {
        var wire = new Wire.BriefSample { Name = sample.Name, Tolerance = sample.Tolerance };
        wire.Inputs.Add(sample.Inputs.Select(i => i.Generated is { } made
            ? new Wire.BriefInput { Generated = new Wire.GeneratedValues { Generator = GeneratedValues.Generator, Seed = made.Seed, Low = made.Low, High = made.High } }
            : new Wire.BriefInput { Stored = sections.Place(i.Stored!) }));
        foreach (GoldenOutput output in sample.Outputs)
        {
            var brief = new Wire.BriefOutput { Values = ByteString.CopyFrom(output.Values.ByteSpan()), Sha256 = ByteString.CopyFrom(output.Sha256 ?? []) };
            if (!graph.Outputs[wire.Outputs.Count].Info.IsKnown)
            {
                brief.Info = HeaderWriter.Info(output.Info);
            }
            if (output.Stride > 1)
            {
                brief.Stride = (uint)output.Stride;
                brief.Largest = output.Largest;
            }
            wire.Outputs.Add(brief);
        }
        return wire;
    }

    /// <summary>A sample has one tensor per input and output of the graph, of the graph's types and shapes.</summary>
    public static GoldenSample Read(Wire.GoldenSample wire, Graph graph, SectionTable sections)
    {
        string name = NameOf(wire.Name, wire.Tolerance);
        Tensor[] inputs = Tensors(wire.Inputs, graph.Inputs, sections, $"golden sample '{name}' input");
        Tensor[] outputs = Tensors(wire.Outputs, graph.Outputs, sections, $"golden sample '{name}' output");
        return new GoldenSample(name, [.. inputs.Select(GoldenInput.Of)], [.. outputs.Select(o => new GoldenOutput(o.Info, o, 1, 0, null))], wire.Tolerance);
    }

    public static GoldenSample ReadBrief(Wire.BriefSample wire, Graph graph, SectionTable sections)
    {
        string name = NameOf(wire.Name, wire.Tolerance);
        RequireCount(wire.Inputs.Count, graph.Inputs.Count, $"golden sample '{name}' input");
        RequireCount(wire.Outputs.Count, graph.Outputs.Count, $"golden sample '{name}' output");
        GoldenInput[] inputs = [.. wire.Inputs.Select((w, i) => ReadInput(w, graph.Inputs[i].Info, sections, $"golden sample '{name}' input {i}"))];
        GoldenOutput[] outputs = [.. wire.Outputs.Select((w, i) => ReadOutput(w, graph.Outputs[i].Info, $"golden sample '{name}' output {i}"))];
        return new GoldenSample(name, inputs, outputs, wire.Tolerance);
    }

    private static GoldenInput ReadInput(Wire.BriefInput wire, TensorInfo info, SectionTable sections, string what)
    {
        Require(wire.Stored is null != wire.Generated is null, $"{what} is not either stored or generated");
        if (wire.Generated is not { } made)
        {
            return new GoldenInput(info, sections.Wrap(wire.Stored, info, what), null);
        }
        Require(made.Generator == GeneratedValues.Generator, $"{what} comes from generator {made.Generator}, which this version does not know");
        Require(float.IsFinite(made.Low) && float.IsFinite(made.High) && made.Low <= made.High, $"{what} is generated between {made.Low} and {made.High}");
        return new GoldenInput(info, null, new GeneratedValues(made.Seed, made.Low, made.High));
    }

    private static GoldenOutput ReadOutput(Wire.BriefOutput wire, TensorInfo expected, string what)
    {
        TensorInfo info = wire.Info is null && expected.IsKnown ? expected : TensorInfos.ReadKnown(wire.Info, what);
        RequireSame(info, expected, what);
        Require(wire.Stride <= int.MaxValue, $"{what} has stride {wire.Stride}");
        int stride = Math.Max(1, (int)wire.Stride);
        long count = GoldenOutput.CountOf(info.KnownShape.Count, stride);
        Require(wire.Values.Length == count * info.Type.Size(), $"{what} has {wire.Values.Length} bytes of values, {info} with stride {stride} needs {count * info.Type.Size()}");
        Require(info.Type != DataType.Bool || !wire.Values.Span.ContainsAnyExceptInRange((byte)0, (byte)1), $"{what} holds a bool that is neither 0 nor 1");
        Require(wire.Largest >= 0 && float.IsFinite(wire.Largest), $"{what} has a largest magnitude of {wire.Largest}");
        Require(wire.Sha256.Length is 0 or SHA256.HashSizeInBytes, $"{what} has a digest of {wire.Sha256.Length} bytes");
        Tensor values = Kernels.Tensors.Tensor.Allocate(info.Type, stride == 1 ? info.KnownShape : new Shape((int)count));
        wire.Values.Span.CopyTo(values.ByteSpan());
        return new GoldenOutput(info, values, stride, wire.Largest, wire.Sha256.Length == 0 ? null : wire.Sha256.ToByteArray());
    }

    private static string NameOf(string name, float tolerance)
    {
        GraphReader.Name(name, "a golden sample");
        Require(tolerance >= 0 && float.IsFinite(tolerance), $"golden sample '{name}' has tolerance {tolerance}");
        return name;
    }

    private static Wire.Tensor Tensor(TensorInfo info, Tensor values, SectionBuilder sections) => new() { Info = HeaderWriter.Info(info), Blob = sections.Place(values) };

    private static Tensor[] Tensors(IReadOnlyList<Wire.Tensor> wire, IReadOnlyList<Value> values, SectionTable sections, string what)
    {
        RequireCount(wire.Count, values.Count, what);
        var tensors = new Tensor[wire.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorInfo info = TensorInfos.ReadKnown(wire[i].Info, $"{what} {i}");
            RequireSame(info, values[i].Info, $"{what} {i}");
            tensors[i] = sections.Wrap(wire[i].Blob, info, $"{what} {i}");
        }
        return tensors;
    }

    private static void RequireCount(int stored, int count, string what) => Require(stored == count, $"{what}: {stored} tensors are stored, the graph has {count}");

    private static void RequireSame(TensorInfo info, TensorInfo expected, string what) =>
        Require(!expected.IsKnown || (expected.Type == info.Type && expected.Shape == info.Shape), $"{what} is {info}, the graph says {expected}");
}
