using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>Relu and Clip behind a sum or product: its quantized form clamps instead.</summary>
internal static class Absorption
{
    /// <summary>The value behind the Relu or Clip that alone reads <paramref name="output"/>, and what it does; otherwise the output itself.</summary>
    public static (Value Result, Activation Activation) Of(Graph graph, SchemePlan plan, Value output)
    {
        if (!graph.IsOutput(output) && output.Consumers is [{ Operator: Unary unary } reader] && !plan.Keep.Contains(reader.Name)
            && unary.AsActivation() is { Kind: ActivationKind.Relu or ActivationKind.Clip } activation && plan.Values.ContainsKey(reader.Outputs[0]))
        {
            return (reader.Outputs[0], activation);
        }
        return (output, Activation.None);
    }
}
