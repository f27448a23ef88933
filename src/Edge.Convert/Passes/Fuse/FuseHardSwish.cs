using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Recognizes the hard sigmoid and the hard swish (Howard et al., "Searching for MobileNetV3", 2019) where they are spelled with
/// Add, Clip, Mul and Div: Clip(x + 3, 0, 6) / 6 becomes HardSigmoid, and x * Clip(x + 3, 0, 6) / 6 HardSwish.
/// </summary>
internal sealed class FuseHardSwish : IPass
{
    public string Name => nameof(FuseHardSwish);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            if (Dividend(node) is { } dividend)
            {
                fused += FuseSigmoid(graph, node, dividend, log) || FuseSwish(graph, node, dividend, log) ? 1 : 0;
            }
        }
        return fused;
    }

    /// <summary>The value that <paramref name="node"/> divides by 6, or null.</summary>
    private static Value? Dividend(Node node) =>
        node.IsPlain("Div") && node.Input(1).IsScalar(6) ? node.Input(0)
        : node.IsPlain("Mul") && node.Input(1).IsScalar(1 / 6.0) ? node.Input(0)
        : node.IsPlain("Mul") && node.Input(0).IsScalar(1 / 6.0) ? node.Input(1)
        : null;

    private static bool FuseSigmoid(Graph graph, Node divide, Value dividend, PassLog log)
    {
        if (RampOf(graph, dividend) is not { } ramp || divide.Outputs[0].Info != ramp.X.Info)
        {
            return false;
        }
        var op = new Unary("HardSigmoid") { Alpha = 1f / 6, Beta = 0.5f };
        graph.Fuse(log, divide.Name, op, [ramp.X], ramp.Add, ramp.Clip, divide);
        return true;
    }

    private static bool FuseSwish(Graph graph, Node divide, Value dividend, PassLog log)
    {
        if (dividend.Producer is not { } multiply || !multiply.IsPlain("Mul") || graph.WhyNotPrivate(dividend) is not null)
        {
            return false;
        }
        for (int index = 0; index < 2; index++)
        {
            if (RampOf(graph, multiply.Input(index)!) is { } ramp && multiply.Input(1 - index) == ramp.X && divide.Outputs[0].Info == ramp.X.Info)
            {
                graph.Fuse(log, divide.Name, new Unary("HardSwish"), [ramp.X], ramp.Add, ramp.Clip, multiply, divide);
                return true;
            }
        }
        return false;
    }

    /// <summary>Clip(x + 3, 0, 6) that nothing else reads.</summary>
    private static (Value X, Node Add, Node Clip)? RampOf(Graph graph, Value value)
    {
        if (value.Producer is not { Operator: Unary { Kind: "Clip", Alpha: 0, Beta: 6 } } clip || graph.WhyNotPrivate(value) is not null
            || clip.Input(0)!.Producer is not { } add || !add.IsPlain("Add") || graph.WhyNotPrivate(add.Outputs[0]) is not null)
        {
            return null;
        }
        return add.Input(1).IsScalar(3) ? (add.Input(0)!, add, clip)
            : add.Input(0).IsScalar(3) ? (add.Input(1)!, add, clip)
            : null;
    }
}
