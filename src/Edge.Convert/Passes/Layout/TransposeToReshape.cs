using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Layout;

/// <summary>A Transpose that only moves axes of size 1 leaves the elements in their order: it becomes a Reshape, which costs nothing.</summary>
internal sealed class TransposeToReshape : IPass
{
    public string Name => nameof(TransposeToReshape);

    public int Run(Graph graph, PassLog log)
    {
        int replaced = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is Transpose transpose && node.Input(0)!.Info.Shape is { } shape && KeepsOrder(shape, transpose.Permutation))
            {
                log.Rewrote($"{node.Place} moves axes of size 1 only: Reshape");
                node.Operator = SimplifyReshape.To(node.Outputs[0].Info.KnownShape);
                replaced++;
            }
        }
        return replaced;
    }

    private static bool KeepsOrder(Shape shape, int[] permutation)
    {
        int[] moved = [.. permutation.Where(axis => shape[axis] != 1)];
        return moved.SequenceEqual(moved.Order());
    }
}
