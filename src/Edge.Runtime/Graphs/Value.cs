using Edge.Kernels.Tensors;

namespace Edge.Runtime.Graphs;

/// <summary>
/// A tensor of the graph: an input, a constant, or the output of one node. Names are for people; identity is the object.
/// </summary>
public sealed class Value
{
    private readonly List<Node> _consumers = [];

    internal Value(string name, TensorInfo info)
    {
        Name = name;
        Info = info;
    }

    public string Name { get; set; }

    /// <summary>Type and shape as far as they are known before a run.</summary>
    public TensorInfo Info { get; set; }

    /// <summary>The value itself, for constants; else null.</summary>
    public Tensor? Constant { get; internal set; }

    /// <summary>The node that computes this value; null for inputs and constants.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>The nodes that read this value, once per input slot that reads it.</summary>
    public IReadOnlyList<Node> Consumers => _consumers;

    public bool IsConstant => Constant is not null;

    /// <summary>
    /// Memory that holds the value across runs and may change between them: a parameter in training. Kernels read it anew in
    /// every run. Null for all other values.
    /// </summary>
    public Tensor? Variable { get; internal set; }

    public bool IsVariable => Variable is not null;

    internal void AddConsumer(Node node) => _consumers.Add(node);

    internal void RemoveConsumer(Node node) => _consumers.Remove(node);

    public override string ToString() => $"{Name}:{Info}";
}
