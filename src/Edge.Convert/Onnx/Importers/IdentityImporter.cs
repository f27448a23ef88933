using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Identity, and Dropout, which is the identity outside training.</summary>
internal static class IdentityImporter
{
    public static Value[] Import(ImportContext context) => [context.Add(new Identity(), context.Input(0))];

    /// <summary>Dropout: output 1, the mask of what was kept, is all ones; bool since operator set 10, before that of the input's type.</summary>
    public static Value[] Dropout(ImportContext context)
    {
        RequireInference(context);
        Value output = context.Add(new Identity(), context.Input(0));
        if (context.OutputCount < 2)
        {
            return [output];
        }
        Tensor mask = Tensor.Allocate(DataType.Bool, context.Shape(0));
        mask.ByteSpan().Fill(1);
        Value ones = context.AddConstant(mask, "mask");
        return [output, context.Opset >= 10 ? ones : context.Add(new Cast(output.Info.Type), ones)];
    }

    private static void RequireInference(ImportContext context)
    {
        float ratio = context.Node.Float("ratio", 0.5f);
        _ = context.Node.Int("seed", 0);
        if (context.Opset < 7)
        {
            _ = context.Node.Flag("is_test"); // exporters forgot it often enough: every model here is for inference
        }
        if (context.OptionalConstant(2) is { } training && training.ToInt64().Any(v => v != 0)
            && (context.OptionalConstant(1) is not { } given || given.ToDouble().Any(r => r != 0)))
        {
            throw context.Node.Unsupported($"training_mode is true with a ratio of {(context.Has(1) ? "more than 0" : ratio)}: the output would be random", "export the model for inference");
        }
    }
}
