using Edge.Kernels.Elementwise;
using Edge.Kernels.Losses;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// The trained part of a model as a graph for a mini-batch: everything that depends on a trained weight, with these weights as
/// variables, fused activations taken apart, the loss, and the gradients. What does not depend on them, the frozen trunk, is
/// not part of it: its results are the inputs here.
/// </summary>
public sealed class TrainingGraph
{
    private readonly Graph _source;
    private readonly HashSet<Value> _trained;
    private readonly Dictionary<Value, Value> _copies = [];
    private readonly List<Value> _runningOutputs = [];
    private readonly int _sourceBatch;

    private TrainingGraph(Graph source, IReadOnlyList<Value> trained, int batch)
    {
        _source = source;
        _trained = [.. trained];
        Batch = batch;
        Graph = new Graph($"{source.Name}/training");
        Shape? input = source.Inputs.Count == 1 ? source.Inputs[0].Info.Shape : null;
        _sourceBatch = input is { Rank: > 0 } shape ? shape[0] : throw new EdgeException(EdgeError.BadInput, $"the model has {source.Inputs.Count} inputs, training needs one with a batch axis");
    }

    public Graph Graph { get; }

    /// <summary>Samples that are computed together.</summary>
    public int Batch { get; }

    /// <summary>Values of the model that the trained part reads: outputs of the frozen trunk, or the model's input. In the order of the graph's first inputs.</summary>
    public IReadOnlyList<Value> Boundary { get; private set; } = [];

    /// <summary>The trained weights: constants of the model, and their variables here.</summary>
    public IReadOnlyList<(Value Source, Value Variable)> Parameters { get; private set; } = [];

    /// <summary>Predictions before the final softmax or sigmoid, [batch, classes] or [batch, classes, 1, ...]. Output 0 of the graph.</summary>
    public Value Prediction { get; private set; } = null!;

    public int Classes => (int)(Prediction.Info.KnownShape.Count / Batch);

    /// <summary>The loss, output 1 of the graph.</summary>
    public Value Loss { get; private set; } = null!;

    /// <summary>Whether gradients are outputs, from 2 on: one per parameter.</summary>
    public bool HasGradients { get; private set; }

    /// <summary>Running statistics that a step updates: variables, and the outputs behind the gradients that hold their new values.</summary>
    public IReadOnlyList<(Value Source, Value Variable)> Running { get; private set; } = [];

    /// <param name="source">The model; one float32 input whose first axis is the batch.</param>
    /// <param name="trained">Constants of the model.</param>
    /// <param name="variables">Memory of each trained constant; shared by graphs of several batch sizes. Filled with copies where it lacks one.</param>
    /// <param name="batchStatistics">Whether batch normalization takes mean and variance from the batch and updates the running ones.</param>
    /// <param name="recompute">Whether most activations are computed again for the backward half instead of being kept.</param>
    /// <exception cref="EdgeException">The model cannot be computed for another batch, or has an operator without gradient.</exception>
    public static TrainingGraph Build(
        Graph source, IReadOnlyList<Value> trained, Dictionary<Value, Tensor> variables, int batch, LossKind loss, bool gradients, bool batchStatistics = false, bool recompute = false)
    {
        var result = new TrainingGraph(source, trained, batch);
        result.Copy(variables, loss, batchStatistics && gradients);
        result.AddLoss(loss);
        if (gradients)
        {
            result.AddGradients(recompute);
        }
        return result;
    }

    private void Copy(Dictionary<Value, Tensor> variables, LossKind loss, bool batchStatistics)
    {
        HashSet<Node> nodes = Dependent();
        Value output = LastBeforeProbabilities(loss);
        Node[] used = [.. _source.Nodes.Where(nodes.Contains)];
        Boundary = [.. used.SelectMany(n => n.Inputs).OfType<Value>().Where(v => !v.IsConstant && (v.Producer is null || !nodes.Contains(v.Producer))).Distinct()];
        foreach (Value value in Boundary)
        {
            Shape shape = value.Info.KnownShape;
            if (value.Info.Type != DataType.F32 || shape.Rank == 0 || shape[0] != _sourceBatch)
            {
                throw new EdgeException(EdgeError.BadInput, $"the trained part reads '{value.Name}' {value.Info}, expected float32 with the batch of {_sourceBatch} as its first axis", "choose other layers");
            }
            _copies[value] = Graph.AddInput(value.Name, value.Info with { Shape = shape.With(0, Batch) });
        }
        var parameters = new List<(Value, Value)>();
        var running = new List<(Value, Value)>();
        foreach (Node node in used)
        {
            CopyNode(node, variables, parameters, batchStatistics ? running : null);
        }
        Parameters = parameters;
        Running = running;
        Prediction = _copies.TryGetValue(output, out Value? prediction)
            ? prediction
            : throw new EdgeException(EdgeError.BadInput, $"the output '{output.Name}' does not depend on the trained layers", "choose other layers");
    }

    /// <summary>Nodes that depend on a trained weight, and compute something that the first output needs.</summary>
    private HashSet<Node> Dependent()
    {
        var active = new HashSet<Value>(_trained);
        var nodes = new HashSet<Node>();
        foreach (Node node in _source.Nodes.Where(n => n.Inputs.Any(v => v is not null && active.Contains(v))))
        {
            nodes.Add(node);
            active.UnionWith(node.Outputs);
        }
        var needed = new HashSet<Value> { _source.Outputs[0] };
        foreach (Node node in _source.Nodes.Reverse().Where(n => n.Outputs.Any(needed.Contains)))
        {
            needed.UnionWith(node.Inputs.OfType<Value>());
        }
        nodes.RemoveWhere(n => !n.Outputs.Any(needed.Contains));
        return nodes;
    }

    /// <summary>The value whose softmax or sigmoid the model returns; its output where it returns something else.</summary>
    private Value LastBeforeProbabilities(LossKind loss)
    {
        Value output = _source.Outputs[0];
        while (output.Producer is { } node)
        {
            bool isProbability = loss switch
            {
                LossKind.CrossEntropy => node.Operator is Softmax,
                LossKind.BinaryCrossEntropy => node.Operator is Unary { Function.Name: "Sigmoid" },
                _ => false,
            };
            if (isProbability)
            {
                return node.Inputs[0]!;
            }
            if (node.Operator is not (Reshape or Flatten or Squeeze or Identity))
            {
                break;
            }
            output = node.Inputs[0]!;
        }
        return _source.Outputs[0];
    }

    private void CopyNode(Node node, Dictionary<Value, Tensor> variables, List<(Value, Value)> parameters, List<(Value, Value)>? running)
    {
        Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : CopyOf(v, variables, parameters))];
        (Operator op, Activation activation) = Unfuse(Rebatch(node));
        string[] names = [.. node.Outputs.Select(o => o.Name)];
        if (op is BatchNorm { Training: false } norm && running is not null)
        {
            for (int i = 3; i <= 4; i++)
            {
                inputs[i] = VariableOf(node.Inputs[i]!, variables);
            }
            Node training = Graph.AddNode(node.Name, norm with { Training = true }, inputs, [names[0], $"{names[0]}/mean", $"{names[0]}/variance"]);
            running.Add((node.Inputs[3]!, inputs[3]!));
            running.Add((node.Inputs[4]!, inputs[4]!));
            _copies[node.Outputs[0]] = Activate(training.Outputs[0], activation);
            _runningOutputs.AddRange(training.Outputs.Skip(1));
            return;
        }
        Node copy = Graph.AddNode(node.Name, op, inputs, activation.Kind == ActivationKind.None ? names : [.. names.Select(n => $"{n}/before activation")]);
        for (int i = 0; i < copy.Outputs.Count; i++)
        {
            _copies[node.Outputs[i]] = Activate(copy.Outputs[i], activation);
        }
    }

    private Value CopyOf(Value value, Dictionary<Value, Tensor> variables, List<(Value, Value)> parameters)
    {
        if (_copies.TryGetValue(value, out Value? copy))
        {
            return copy;
        }
        if (_trained.Contains(value))
        {
            copy = VariableOf(value, variables);
            parameters.Add((value, copy));
        }
        else
        {
            copy = Graph.AddConstant(value.Name, value.Constant!);
        }
        _copies[value] = copy;
        return copy;
    }

    private Value VariableOf(Value constant, Dictionary<Value, Tensor> variables)
    {
        if (!variables.TryGetValue(constant, out Tensor? memory))
        {
            memory = constant.Constant!.Clone();
            variables[constant] = memory;
        }
        return Graph.AddVariable(constant.Name, memory);
    }

    /// <summary>Shapes written into attributes name the batch first.</summary>
    private Operator Rebatch(Node node)
    {
        bool hasBatch = node.Outputs[0].Info.Shape is { Rank: > 0 } shape && shape[0] == _sourceBatch;
        return node.Operator switch
        {
            Reshape { Dims: { Length: > 0 } dims } reshape when hasBatch && dims[0] != 0 => reshape with { Dims = [Batch, .. node.Outputs[0].Info.KnownShape.ToArray()[1..]] },
            Reshape { Dims: null } reshape when hasBatch => reshape,
            Expand { Dims: { Length: > 0 } dims } expand when hasBatch && dims.Length == node.Outputs[0].Info.KnownShape.Rank => expand with { Dims = [Batch, .. dims[1..]] },
            var op => op,
        };
    }

    /// <summary>The operator without its activation: the gradient of an activation is a node of its own.</summary>
    private static (Operator Operator, Activation Activation) Unfuse(Operator op) => op switch
    {
        Conv conv => (conv with { Activation = default }, conv.Activation),
        ConvTranspose conv => (conv with { Activation = default }, conv.Activation),
        Gemm gemm => (gemm with { Activation = default }, gemm.Activation),
        MatMul product => (product with { Activation = default }, product.Activation),
        Binary binary => (binary with { Activation = default }, binary.Activation),
        BatchNorm norm => (norm with { Activation = default }, norm.Activation),
        _ => (op, default),
    };

    private Value Activate(Value value, Activation activation)
    {
        if (activation.Kind == ActivationKind.None)
        {
            return value;
        }
        UnaryFunction function = UnaryFunctions.All.First(f => f.Activation == activation.Kind);
        var op = new Unary(function);
        if (activation.Kind != ActivationKind.Silu)
        {
            op = op with { Alpha = activation.Alpha, Beta = activation.Beta };
        }
        return Graph.Add($"{value.Name}/{activation.Kind}", op, [value]);
    }

    private void AddLoss(LossKind kind)
    {
        TensorInfo info = Prediction.Info;
        if (info.KnownShape.Rank == 0 || info.KnownShape[0] != Batch)
        {
            throw new EdgeException(EdgeError.BadInput, $"the predictions are {info}, expected the batch of {Batch} as the first axis");
        }
        var matrix = new Shape(Batch, Classes);
        Value rows = info.KnownShape == matrix ? Prediction : Graph.Add("predictions as rows", new Reshape { Dims = matrix.ToArray() }, [Prediction]);
        Value targets = Graph.AddInput("targets", new TensorInfo(DataType.F32, matrix));
        Value weights = Graph.AddInput("weights", new TensorInfo(DataType.F32, matrix));
        Loss = Graph.Add("loss", new Loss { Formula = kind }, [rows, targets, weights]);
        Graph.AddOutput(rows);
        Graph.AddOutput(Loss);
    }

    private void AddGradients(bool recompute)
    {
        int every = Math.Max(2, (int)Math.Sqrt(Graph.Nodes.Count));
        Func<Value, Value>? forward = recompute ? new Recomputation(Graph, every).Forward : null;
        foreach (Value gradient in GradientBuilder.AddGradients(Graph, Loss, [.. Parameters.Select(p => p.Variable)], forward))
        {
            Graph.AddOutput(gradient);
        }
        _runningOutputs.ForEach(Graph.AddOutput);
        HasGradients = true;
    }
}
