using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>The part of a model that is not trained: an inference session that turns samples into features, once.</summary>
internal static class FrozenTrunk
{
    /// <summary>The graph that computes the boundary; null where the trained part reads the model's input itself.</summary>
    public static Graph? Find(Graph graph, IReadOnlyList<Value> boundary) =>
        boundary.Count == 1 && boundary[0] == graph.Inputs[0] ? null : GraphCopy.Extract(graph, boundary);

    /// <summary>Floats of all values of the boundary for one sample.</summary>
    public static int FeatureFloats(Graph graph, IReadOnlyList<Value> boundary)
    {
        int batch = graph.Inputs[0].Info.KnownShape[0];
        return checked((int)boundary.Sum(v => v.Info.KnownShape.Count / batch));
    }

    /// <summary>The samples as the trained part reads them.</summary>
    public static ISampleSet Apply(Graph graph, IReadOnlyList<Value> boundary, ISampleSet samples, TrainerOptions options)
    {
        TensorInfo input = graph.Inputs[0].Info;
        int batch = input.KnownShape[0];
        if (samples.SampleFloats != input.KnownShape.Count / Math.Max(1, batch) || input.Type != DataType.F32)
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"a sample has {samples.SampleFloats} values, the model's input is {input}", "give samples of the model's input size");
        }
        if (Find(graph, boundary) is not { } trunk)
        {
            return samples;
        }
        int size = FeatureFloats(graph, boundary);
        Tensor features = Tensor.Allocate(DataType.F32, new Shape(samples.Count, size));
        using var session = new InferenceSession(trunk, new SessionOptions { Threads = options.Threads, Kernels = options.Kernels, MaxArenaBytes = options.MaxArenaBytes });
        var block = new float[samples.SampleFloats * batch];
        for (int at = 0; at < samples.Count; at += batch)
        {
            int count = Math.Min(batch, samples.Count - at);
            for (int i = 0; i < count; i++)
            {
                samples.Read(at + i, block.AsSpan(i * samples.SampleFloats, samples.SampleFloats));
            }
            session.SetInput<float>(0, block);
            session.Execute();
            Collect(session, features, at, count, size, batch);
        }
        return new MemorySamples(features, [.. Enumerable.Range(0, samples.Count).Select(samples.Label)]);
    }

    private static void Collect(InferenceSession session, Tensor features, int at, int count, int size, int batch)
    {
        int start = 0;
        for (int part = 0; part < session.Outputs.Count; part++)
        {
            int length = (int)(session.Outputs[part].Info.KnownShape.Count / batch);
            var values = new float[length * batch];
            session.ReadOutput<float>(part, values);
            for (int i = 0; i < count; i++)
            {
                values.AsSpan(i * length, length).CopyTo(features.Span<float>().Slice(((at + i) * size) + start, length));
            }
            start += length;
        }
    }
}
