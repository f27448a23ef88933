using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Recognizes Gelu (Hendrycks and Gimpel, 2016) spelled as x * (1 + Erf(x / sqrt 2)) * 0.5, the factors in any order.
/// </summary>
internal sealed class FuseGelu : IPass
{
    public string Name => nameof(FuseGelu);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.IsPlain("Mul"))
            {
                fused += Fuse(graph, node, log) ? 1 : 0;
            }
        }
        return fused;
    }

    private static bool Fuse(Graph graph, Node root, PassLog log)
    {
        for (int index = 0; index < 2; index++)
        {
            if (root.Input(index)!.Producer is not { } inner || !inner.IsPlain("Mul") || graph.WhyNotPrivate(inner.Outputs[0]) is not null)
            {
                continue;
            }
            Value[] factors = [root.Input(1 - index)!, inner.Input(0)!, inner.Input(1)!];
            Value? gate = Array.Find(factors, f => GateOf(graph, f) is not null);
            if (gate is null || !factors.Any(f => f.IsScalar(0.5)))
            {
                continue;
            }
            (Value x, Node scale, Node erf, Node add) = GateOf(graph, gate)!.Value;
            if (factors.Contains(x) && root.Outputs[0].Info == x.Info)
            {
                graph.Fuse(log, root.Name, new Unary("Gelu"), [x], scale, erf, add, inner, root);
                return true;
            }
        }
        return false;
    }

    /// <summary>1 + Erf(x / sqrt 2) that nothing else reads.</summary>
    private static (Value X, Node Scale, Node Erf, Node Add)? GateOf(Graph graph, Value value)
    {
        if (value.Producer is not { } add || !add.IsPlain("Add") || graph.WhyNotPrivate(value) is not null)
        {
            return null;
        }
        Value sum = add.Input(1).IsScalar(1) ? add.Input(0)! : add.Input(1)!;
        if (!(add.Input(0).IsScalar(1) || add.Input(1).IsScalar(1))
            || sum.Producer is not { Operator: Unary { Kind: "Erf" } } erf || graph.WhyNotPrivate(sum) is not null
            || erf.Input(0)!.Producer is not { } scale || graph.WhyNotPrivate(scale.Outputs[0]) is not null)
        {
            return null;
        }
        bool divided = scale.IsPlain("Div") && scale.Input(1).IsScalar(Math.Sqrt(2));
        bool multiplied = scale.IsPlain("Mul") && scale.Input(1).IsScalar(Math.Sqrt(0.5));
        return divided || multiplied ? (scale.Input(0)!, scale, erf, add) : null;
    }
}
