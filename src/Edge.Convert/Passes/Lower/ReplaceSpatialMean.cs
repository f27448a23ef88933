using Edge.Convert.Passes.Layout;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Lower;

/// <summary>
/// A mean over all spatial axes becomes a GlobalAveragePool: ReduceMean over axes 2.. and AveragePool whose one window covers
/// the input.
/// </summary>
internal sealed class ReplaceSpatialMean : IPass
{
    public string Name => nameof(ReplaceSpatialMean);

    public int Run(Graph graph, PassLog log)
    {
        int replaced = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Input(0)?.Info is { Type: DataType.F32, Shape: { Rank: >= 3 and <= 5 } shape } && IsSpatialMean(node, shape))
            {
                Replace(graph, node, shape);
                log.Rewrote($"{node.Place} is a mean over all spatial axes: GlobalAveragePool");
                replaced++;
            }
        }
        return replaced;
    }

    private static void Replace(Graph graph, Node node, Shape shape)
    {
        Shape output = node.Outputs[0].Info.KnownShape;
        if (output.Rank == shape.Rank)
        {
            graph.Replace(node, new GlobalAveragePool(), [node.Input(0)]);
            return;
        }
        string name = $"{node.Name}/pool";
        Value pooled = graph.Add(name, new GlobalAveragePool(), [node.Input(0)], before: node);
        graph.Replace(node, SimplifyReshape.To(output), [pooled]);
    }

    private static bool IsSpatialMean(Node node, Shape shape) => node.Operator switch
    {
        Reduce { Kind: "ReduceMean" } reduce => reduce.Axes.Order().SequenceEqual(Enumerable.Range(2, shape.Rank - 2)),
        AveragePool pool => pool.Pads.All(p => p == 0) && pool.Kernel.SequenceEqual(shape.ToArray()[2..]) && node.Outputs[0].Info.KnownShape.CountRange(2, shape.Rank) == 1
            && pool.Dilations.All(d => d == 1),
        _ => false,
    };
}
