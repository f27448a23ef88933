using Edge.Kernels.Elementwise;

namespace Edge.Runtime.Operators;

/// <summary>How a fused activation is stored: <c>activation</c> (number of the kind), <c>activation_alpha</c>, <c>activation_beta</c>.</summary>
public static class ActivationAttributes
{
    public static void Activation(this AttributeWriter writer, Activation activation)
    {
        writer.Int("activation", (long)activation.Kind, (long)ActivationKind.None);
        writer.Float("activation_alpha", activation.Alpha, 0);
        writer.Float("activation_beta", activation.Beta, 0);
    }

    public static Activation Activation(this AttributeReader reader) =>
        new(reader.Enum("activation", ActivationKind.None), reader.Float("activation_alpha", 0), reader.Float("activation_beta", 0));
}
