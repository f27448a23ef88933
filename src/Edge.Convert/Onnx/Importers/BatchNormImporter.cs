using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// BatchNormalization. Before operator set 14 training was told by the number of outputs; such models are refused unless the
/// outputs are unnamed.
/// </summary>
internal static class BatchNormImporter
{
    public static Value[] Import(ImportContext context)
    {
        float epsilon = context.Node.Float("epsilon", 1e-5f);
        float momentum = context.Node.Float("momentum", 0.9f);
        if (context.Opset < 9 && !context.Node.Flag("spatial", true))
        {
            throw context.Node.Unsupported("spatial is 0: statistics per element are not supported");
        }
        if (context.Opset < 7)
        {
            _ = context.Node.Flag("is_test"); // exporters forgot it often enough: every model here is for inference
        }
        bool training = context.Opset >= 14 && context.Node.Flag("training_mode");
        if (!training && context.Node.OutputNames.Skip(1).Any(name => name.Length > 0))
        {
            throw context.Node.Unsupported("statistics of the batch are asked for, which only training computes", "export the model for inference");
        }
        Value[] inputs = [.. Enumerable.Range(0, 5).Select(context.Input)];
        return training
            ? context.AddMany(new BatchNorm { Epsilon = epsilon, Momentum = momentum, Training = true }, 3, inputs)
            : [context.Add(new BatchNorm { Epsilon = epsilon }, inputs)];
    }
}
