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

    /// <summary>Refuses training_mode, unless the ratio of dropped elements is 0.</summary>
    private static void RequireInference(ImportContext context)
    {
        _ = context.Node.Float("ratio", 0.5f);
        _ = context.Node.Int("seed", 0);
        if (context.Opset < 7)
        {
            _ = context.Node.Flag("is_test"); // exporters forgot it often enough: every model here is for inference
        }
        bool trains = context.OptionalConstant(2) is { } mode && mode.ToInt64().Any(v => v != 0);
        if (trains && (context.OptionalConstant(1) is not { } ratio || ratio.ToDouble().Any(r => r != 0)))
        {
            throw context.Node.Unsupported("training_mode is true and the ratio is not 0: the output would be random", "export the model for inference");
        }
    }
}
