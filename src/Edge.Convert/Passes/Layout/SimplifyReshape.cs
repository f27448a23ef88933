using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Layout;

/// <summary>
/// Joins a view (Reshape, Flatten, Squeeze, Unsqueeze) with the view before it, and gives a Reshape whose dimensions are
/// a constant input those dimensions as an attribute.
/// </summary>
internal sealed class SimplifyReshape : IPass
{
    public string Name => nameof(SimplifyReshape);

    public int Run(Graph graph, PassLog log)
    {
        int simplified = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is not ViewOperator || node.Outputs[0].Info.Shape is not { } shape || node.Input(0) is not { } x)
            {
                continue;
            }
            if (x.Producer is { Operator: ViewOperator } before && before.Input(0)!.Info.IsKnown)
            {
                graph.Fuse(log, node.Name, To(shape), [before.Input(0)], before, node);
                simplified++;
            }
            else if (node.Inputs.Count > 1 && x.Info.IsKnown)
            {
                graph.Fuse(log, node.Name, To(shape), [x], node);
                simplified++;
            }
        }
        return simplified;
    }

    /// <summary>The Reshape to a known shape.</summary>
    public static Reshape To(Shape shape) => new() { Dims = shape.ToArray(), AllowZero = shape.Dims.Contains(0) };
}
