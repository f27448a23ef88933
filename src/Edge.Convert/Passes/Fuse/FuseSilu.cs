using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>x * Sigmoid(x) is Silu; x * HardSigmoid(x) with alpha 1/6 and beta 1/2 is HardSwish.</summary>
internal sealed class FuseSilu : IPass
{
    public string Name => nameof(FuseSilu);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            for (int index = 0; node.IsPlain("Mul") && index < 2; index++)
            {
                if (node.ProducerOf<Unary>(index) is { } gate && gate.Input(0) == node.Input(1 - index) && Product((Unary)gate.Operator) is { } product)
                {
                    if (graph.WhyNotPrivate(gate.Outputs[0]) is { } reason)
                    {
                        log.Skipped(gate, $"{node.Place} is not fused: {reason}");
                        continue;
                    }
                    graph.Fuse(log, node.Name, product, [gate.Input(0)], gate, node);
                    fused++;
                    break;
                }
            }
        }
        return fused;
    }

    private static Unary? Product(Unary gate) => gate.Kind switch
    {
        "Sigmoid" => new Unary("Silu"),
        "HardSigmoid" when Math.Abs(gate.Alpha - (1f / 6)) < 1e-6f && gate.Beta == 0.5f => new Unary("HardSwish"),
        _ => null,
    };
}
