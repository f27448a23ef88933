using Edge.Runtime.Operators;

namespace Edge.Runtime.Graphs;

/// <summary>One use of an operator: which values it reads and which it computes.</summary>
public sealed class Node
{
    private readonly Value?[] _inputs;
    private readonly Value[] _outputs;

    internal Node(string name, Operator op, Value?[] inputs, Value[] outputs)
    {
        Name = name;
        Operator = op;
        _inputs = inputs;
        _outputs = outputs;
    }

    public string Name { get; set; }

    /// <summary>What the node computes. Operators are immutable; a pass replaces the operator to change an attribute.</summary>
    public Operator Operator { get; set; }

    /// <summary>Null stands for an optional input that is absent.</summary>
    public IReadOnlyList<Value?> Inputs => _inputs;

    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary><c>Conv 'stem/conv1'</c>, for messages.</summary>
    public string Place => $"{Operator.Kind} '{Name}'";

    /// <summary>Input <paramref name="index"/>, or null where it is absent or beyond the list.</summary>
    public Value? Input(int index) => index < _inputs.Length ? _inputs[index] : null;

    /// <summary>Makes the node read <paramref name="value"/> at <paramref name="index"/>, which must exist.</summary>
    public void SetInput(int index, Value? value)
    {
        _inputs[index]?.RemoveConsumer(this);
        _inputs[index] = value;
        value?.AddConsumer(this);
    }

    internal void Attach()
    {
        foreach (Value? input in _inputs)
        {
            input?.AddConsumer(this);
        }
        foreach (Value output in _outputs)
        {
            output.Producer = this;
        }
    }

    internal void Detach()
    {
        foreach (Value? input in _inputs)
        {
            input?.RemoveConsumer(this);
        }
        foreach (Value output in _outputs)
        {
            if (output.Producer == this)
            {
                output.Producer = null;
            }
        }
    }

    public override string ToString() => Place;
}
