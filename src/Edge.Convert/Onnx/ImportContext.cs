using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx;

/// <summary>
/// One ONNX node on its way into the graph: its inputs as values, and ways to add operators. Shapes are inferred and small
/// integer results are folded as nodes are added, so that importers of later nodes see shapes as constants.
/// </summary>
internal sealed class ImportContext(Graph graph, OnnxNode node, IReadOnlyList<Value?> inputs, ConstantEvaluator evaluator)
{
    private int _added;

    public Graph Graph => graph;

    public OnnxNode Node => node;

    public int Opset => node.Opset;

    /// <summary>The node's inputs; null for absent optional ones.</summary>
    public IReadOnlyList<Value?> Inputs => inputs;

    public int OutputCount => node.OutputNames.Count;

    public bool Has(int index) => index < inputs.Count && inputs[index] is not null;

    /// <summary>Input <paramref name="index"/>, or null where it is absent.</summary>
    public Value? Optional(int index) => index < inputs.Count ? inputs[index] : null;

    /// <exception cref="EdgeException">The input is absent.</exception>
    public Value Input(int index) => Optional(index) ?? throw new EdgeException(EdgeError.BadArity, $"input {index} is missing; {inputs.Count} are given", "export the model again", node.Place);

    /// <summary>Shape of a required input.</summary>
    /// <exception cref="EdgeException">The shape is not known before a run.</exception>
    public Shape Shape(int index) => Input(index).Info.Shape
        ?? throw node.Unsupported($"the shape of input {index} '{Input(index).Name}' depends on the data of a run, this operator needs it at conversion");

    /// <summary>A required input that has to be constant.</summary>
    /// <exception cref="EdgeException">It is computed at run time; the remedy names --constant.</exception>
    public Tensor Constant(int index) => OptionalConstant(index)
        ?? throw new EdgeException(EdgeError.BadArity, $"input {index} is missing", "export the model again", node.Place);

    /// <summary>An input that is absent (null) or has to be constant.</summary>
    public Tensor? OptionalConstant(int index)
    {
        if (!Has(index))
        {
            return null;
        }
        Value value = Input(index);
        return value.Constant ?? throw new EdgeException(
            EdgeError.NotConstant,
            $"input {index} '{value.Name}' is computed at run time, this operator needs it constant",
            value.Producer is null ? $"bind it with --constant {value.Name}=FILE.npy" : "export the model with fixed shapes, so that the value can be folded",
            node.Place);
    }

    /// <summary>Adds a constant.</summary>
    public Value AddConstant(Tensor tensor, string suffix = "constant") => graph.AddConstant($"{node.Name}/{suffix}", tensor);

    /// <summary>A float32 scalar constant.</summary>
    public Value Scalar(float value) => AddConstant(Tensor.FromScalar(value), "scalar");

    /// <summary>Adds an operator with one output; all-constant integer results of small size become constants at once.</summary>
    public Value Add(Operator op, params IReadOnlyList<Value?> operands) => AddMany(op, 1, operands)[0];

    /// <summary>Adds an operator with several outputs.</summary>
    public Value[] AddMany(Operator op, int outputs, params IReadOnlyList<Value?> operands)
    {
        string name = _added++ == 0 ? node.Name : $"{node.Name}/{_added}";
        string[] names = [.. Enumerable.Range(0, outputs).Select(i => outputs == 1 ? name : $"{name}:{i}")];
        Node added = graph.AddNode(name, op, operands, names);
        if (evaluator.TryFoldSmall(added) is not { } constants)
        {
            return [.. added.Outputs];
        }
        graph.Remove(added);
        return [.. constants.Select((c, i) => graph.AddConstant(names[i], c))];
    }
}
