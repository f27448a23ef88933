using Edge.Kernels.Recurrent;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>RNN, GRU and LSTM.</summary>
internal static class RecurrentImporter
{
    public static Value[] Plain(ImportContext context) => Import(context, RecurrentCell.Plain, ["Tanh"]);

    public static Value[] Gru(ImportContext context) => Import(context, RecurrentCell.Gru, ["Sigmoid", "Tanh"]);

    public static Value[] Lstm(ImportContext context) => Import(context, RecurrentCell.Lstm, ["Sigmoid", "Tanh", "Tanh"]);

    private static Value[] Import(ImportContext context, RecurrentCell cell, string[] defaults)
    {
        OnnxNode node = context.Node;
        bool[] reversed = node.Choice("direction", "forward", "forward", "reverse", "bidirectional") switch
        {
            "forward" => [false],
            "reverse" => [true],
            _ => [false, true],
        };
        if (context.Shape(2).Rank != 3)
        {
            throw node.Unsupported($"R has shape {context.Shape(2)}, expected [directions,gates*hidden,hidden]");
        }
        int hidden = context.Shape(2)[^1];
        if (node.Int("hidden_size", hidden) != hidden)
        {
            throw node.Bad($"hidden_size is {node.Int("hidden_size", hidden)}, R has {hidden} columns");
        }
        var op = new Recurrent
        {
            Cell = cell,
            Reversed = reversed,
            Activations = Activations(node, [.. reversed.SelectMany(_ => defaults)]),
            Clip = node.Float("clip", float.PositiveInfinity),
            BatchFirst = node.Int("layout", 0, 0, 1) == 1,
            LinearBeforeReset = node.Flag("linear_before_reset"),
            InputForget = node.Flag("input_forget"),
        };
        _ = node.Int("output_sequence", 0); // all outputs are always there
        Value?[] inputs = [.. Enumerable.Range(0, cell == RecurrentCell.Lstm ? 8 : 6).Select(context.Optional)];
        return context.AddMany(op, cell == RecurrentCell.Lstm ? 3 : 2, inputs);
    }

    /// <summary>The lists of alphas and betas hold one entry for each activation that has such a parameter.</summary>
    private static CellActivation[] Activations(OnnxNode node, string[] defaults)
    {
        string[] names = node.Texts("activations") ?? defaults;
        if (names.Length != defaults.Length)
        {
            throw node.Bad($"{names.Length} activations are given, expected {defaults.Length}");
        }
        var alphas = new Queue<float>(node.Floats("activation_alpha") ?? []);
        var betas = new Queue<float>(node.Floats("activation_beta") ?? []);
        return [.. names.Select(name => Activation(node, name, alphas, betas))];
    }

    private static CellActivation Activation(OnnxNode node, string name, Queue<float> alphas, Queue<float> betas)
    {
        float Alpha(float unset) => alphas.TryDequeue(out float value) ? value : unset;
        float Beta(float unset) => betas.TryDequeue(out float value) ? value : unset;
        return name.ToUpperInvariant() switch
        {
            "SIGMOID" => new CellActivation(CellActivationKind.Sigmoid),
            "TANH" => new CellActivation(CellActivationKind.Tanh),
            "RELU" => new CellActivation(CellActivationKind.Relu),
            "AFFINE" => new CellActivation(CellActivationKind.Affine, Alpha(1), Beta(0)),
            "LEAKYRELU" => new CellActivation(CellActivationKind.LeakyRelu, Alpha(0.01f)),
            "THRESHOLDEDRELU" => new CellActivation(CellActivationKind.ThresholdedRelu, Alpha(1)),
            "SCALEDTANH" => new CellActivation(CellActivationKind.ScaledTanh, Alpha(1), Beta(1)),
            "HARDSIGMOID" => new CellActivation(CellActivationKind.HardSigmoid, Alpha(0.2f), Beta(0.5f)),
            "ELU" => new CellActivation(CellActivationKind.Elu, Alpha(1)),
            "SOFTSIGN" => new CellActivation(CellActivationKind.Softsign),
            "SOFTPLUS" => new CellActivation(CellActivationKind.Softplus),
            _ => throw node.Bad($"the activation '{name}' is unknown"),
        };
    }
}
