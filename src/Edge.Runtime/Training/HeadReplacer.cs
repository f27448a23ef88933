using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>Gives a classifier another number of classes: the last layer is replaced by one with fresh weights.</summary>
public static class HeadReplacer
{
    /// <summary>A copy of <paramref name="graph"/> whose last layer computes <paramref name="classes"/> classes.</summary>
    /// <param name="seed">Of the fresh weights.</param>
    /// <exception cref="EdgeException">The model does not end in a fully connected layer or a convolution that computes the classes.</exception>
    public static Graph Replace(Graph graph, int classes, ulong seed)
    {
        Node head = LastLayer(graph);
        var target = new Graph(graph.Name);
        var copies = new Dictionary<Value, Value>();
        foreach (Value input in graph.Inputs)
        {
            copies[input] = target.AddInput(input.Name, input.Info);
        }
        int old = ClassesOf(head);
        bool behind = false;
        var random = new SeededRandom(seed);
        foreach (Node node in graph.Nodes)
        {
            behind |= node == head;
            Operator op = behind ? WithClasses(node.Operator, old, classes) : node.Operator;
            Value?[] inputs = [.. node.Inputs.Select((v, i) => v is null ? null : CopyOf(v, target, copies, behind ? Resized(node, head, i, old, classes, random) : null))];
            Node copy = target.AddNode(node.Name, op, inputs, [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < copy.Outputs.Count; i++)
            {
                copies[node.Outputs[i]] = copy.Outputs[i];
            }
        }
        foreach (Value output in graph.Outputs)
        {
            target.AddOutput(copies[output]);
        }
        return target;
    }

    /// <summary>Number of classes that the last layer computes.</summary>
    public static int Classes(Graph graph) => ClassesOf(LastLayer(graph));

    private static Node LastLayer(Graph graph)
    {
        Value value = graph.Outputs[0];
        while (value.Producer is { } node)
        {
            bool isLayer = node.Operator is Conv or Gemm or MatMul && node.Input(1) is { IsConstant: true, Info.Type: DataType.F32 };
            if (isLayer)
            {
                return node;
            }
            // What may stand behind the layer: biases, activations, changes of shape, pooling.
            value = node.Inputs.OfType<Value>().FirstOrDefault(v => !v.IsConstant) ?? throw Unsuitable(graph);
        }
        throw Unsuitable(graph);
    }

    private static EdgeException Unsuitable(Graph graph) => new(
        EdgeError.BadInput, $"the output '{graph.Outputs[0].Name}' does not come from a fully connected layer or a convolution with constant float32 weights", "use a float32 classifier");

    private static int ClassesOf(Node head) => head.Operator is Conv ? head.Inputs[1]!.Info.KnownShape[0] : head.Outputs[0].Info.KnownShape[^1];

    /// <summary>Shapes written into attributes name the classes.</summary>
    private static Operator WithClasses(Operator op, int old, int classes) => op switch
    {
        Reshape { Dims: { } dims } reshape => reshape with { Dims = [.. dims.Select((d, i) => i > 0 && d == old ? classes : d)] },
        Expand { Dims: { } dims } expand => expand with { Dims = [.. dims.Select((d, i) => i > 0 && d == old ? classes : d)] },
        _ => op,
    };

    /// <summary>A constant of the head, or of what follows, for the new number of classes; null where it stays.</summary>
    private static Tensor? Resized(Node node, Node head, int index, int old, int classes, SeededRandom random)
    {
        if (node.Inputs[index] is not { IsConstant: true, Info.Type: DataType.F32 } value)
        {
            return null;
        }
        Shape shape = value.Info.KnownShape;
        int axis = node != head ? shape.Rank - 1
            : index == 1 ? head.Operator switch { Conv => 0, Gemm { TransB: true } => 0, _ => shape.Rank - 1 }
            : index == 2 ? shape.Rank - 1 : -1;
        if (axis < 0 || shape[axis] != old || old == 1)
        {
            return null;
        }
        Tensor tensor = Tensor.Allocate(DataType.F32, shape.With(axis, classes));
        if (node == head)
        {
            float limit = (float)(1 / Math.Sqrt(Math.Max(1, WeightInitializer.FanIn(head.Operator, head.Inputs[1]!.Info.KnownShape))));
            foreach (ref float w in tensor.Span<float>())
            {
                w = random.NextSymmetric(limit);
            }
        }
        return tensor;
    }

    private static Value CopyOf(Value value, Graph target, Dictionary<Value, Value> copies, Tensor? replacement)
    {
        if (!copies.TryGetValue(value, out Value? copy))
        {
            copy = target.AddConstant(value.Name, replacement ?? value.Constant!);
            copies[value] = copy;
        }
        return copy;
    }
}
