using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// What a gradient rule works with (<see cref="Operator.Differentiate"/>): the node, the gradients of its outputs, and the graph
/// that the rule adds nodes to. A rule gives each wanted input the gradient of the loss by it, a value of the input's shape.
/// </summary>
public sealed class GradientContext
{
    private readonly Value?[] _outputGradients;
    private readonly bool[] _wanted;
    private readonly Action<int, Value> _give;
    private readonly Func<Value, Value> _forward;
    private readonly Func<string, string> _name;

    /// <param name="outputGradients">One per output of the node; null where the loss does not depend on it.</param>
    /// <param name="wanted">One per input.</param>
    /// <param name="give">Takes the gradient of an input.</param>
    /// <param name="forward">Where the backward half finds a value of the forward half: the value itself, or a recomputed one.</param>
    /// <param name="name">Makes a name unique.</param>
    internal GradientContext(Graph graph, Node node, Value?[] outputGradients, bool[] wanted, Action<int, Value> give, Func<Value, Value> forward, Func<string, string> name)
    {
        Graph = graph;
        Node = node;
        _outputGradients = outputGradients;
        _wanted = wanted;
        _give = give;
        _forward = forward;
        _name = name;
    }

    public Graph Graph { get; }

    public Node Node { get; }

    /// <summary>Gradient of output 0.</summary>
    public Value Gradient => _outputGradients[0]!;

    public int InputCount => Node.Inputs.Count;

    /// <summary>Element type of the gradients.</summary>
    public DataType Type => _outputGradients.OfType<Value>().First().Info.Type;

    /// <summary>Gradient of an output, or null where the loss does not depend on it.</summary>
    public Value? OutputGradient(int index) => _outputGradients[index];

    /// <summary>Whether the gradient of an input is needed; false for absent inputs.</summary>
    public bool Wants(int index) => index < _wanted.Length && _wanted[index];

    /// <summary>An input as the backward half reads it.</summary>
    public Value Input(int index) => _forward(Node.Inputs[index]!);

    /// <summary>An output as the backward half reads it.</summary>
    public Value Output(int index = 0) => _forward(Node.Outputs[index]);

    public Shape InputShape(int index) => Node.Inputs[index]!.Info.KnownShape;

    public Shape OutputShape(int index = 0) => Node.Outputs[index].Info.KnownShape;

    /// <summary>The gradient of input <paramref name="index"/>, of its shape.</summary>
    public void Give(int index, Value gradient) => _give(index, gradient);

    /// <summary>Adds a node with one output.</summary>
    public Value Add(Operator op, params IReadOnlyList<Value?> inputs) => Graph.Add(_name($"{Node.Name}/{op.Kind}"), op, inputs);

    /// <summary>Adds a node with several outputs.</summary>
    public IReadOnlyList<Value> AddMany(Operator op, int outputs, params IReadOnlyList<Value?> inputs)
    {
        string name = _name($"{Node.Name}/{op.Kind}");
        return Graph.AddNode(name, op, inputs, [.. Enumerable.Range(0, outputs).Select(i => _name($"{name}:{i}"))]).Outputs;
    }

    public Value Constant(Tensor tensor) => Graph.AddConstant(_name($"{Node.Name}/constant"), tensor);

    /// <summary>A constant scalar of the gradients' type.</summary>
    public Value Scalar(double value) => Constant(Filled(Shape.Scalar, value));

    /// <summary>A constant tensor of the gradients' type, all elements equal.</summary>
    public Tensor Filled(Shape shape, double value)
    {
        Tensor tensor = Tensor.Allocate(Type, shape);
        if (Type == DataType.F64)
        {
            tensor.Span<double>().Fill(value);
        }
        else
        {
            tensor.Span<float>().Fill((float)value);
        }
        return tensor;
    }

    public Value Multiply(Value a, Value b) => Add(new Binary("Mul"), a, b);

    public Value Negate(Value a) => Add(new Unary("Neg"), a);

    public Value Reshape(Value value, Shape shape) =>
        value.Info.KnownShape == shape ? value : Add(new Reshape { Dims = shape.ToArray(), AllowZero = true }, value);

    /// <summary>The adjoint of broadcasting to the value's shape from <paramref name="shape"/>: sums over what was repeated.</summary>
    public Value SumTo(Value value, Shape shape)
    {
        Shape from = value.Info.KnownShape;
        int added = from.Rank - shape.Rank;
        int[] axes = [.. Enumerable.Range(0, from.Rank).Where(i => i < added || (shape[i - added] == 1 && from[i] != 1))];
        Value sum = axes.Length == 0 ? value : Add(new Reduce("Sum") { Axes = axes, KeepDims = true }, value);
        return Reshape(sum, shape);
    }

    /// <summary>Elements of <paramref name="whenTrue"/> where <paramref name="mask"/> (bool) is true, else 0.</summary>
    public Value Keep(Value mask, Value whenTrue) => Add(new Where(), mask, whenTrue, Scalar(0));
}
