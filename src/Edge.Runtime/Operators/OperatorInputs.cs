using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>What an operator sees of its inputs before a run: types, shapes, and the values of constants.</summary>
public readonly struct OperatorInputs
{
    private readonly TensorInfo?[] _infos;
    private readonly Tensor?[] _constants;

    /// <param name="inputs">Null for absent optional inputs.</param>
    /// <param name="outputCount">Number of outputs that the node has.</param>
    public OperatorInputs(IReadOnlyList<Value?> inputs, int outputCount)
        : this([.. inputs.Select(v => v?.Info)], [.. inputs.Select(v => v?.Constant)], outputCount)
    {
    }

    public OperatorInputs(TensorInfo?[] infos, Tensor?[] constants, int outputCount)
    {
        _infos = infos;
        _constants = constants;
        OutputCount = outputCount;
    }

    public int Count => _infos.Length;

    public int OutputCount { get; }

    public bool Has(int index) => index < _infos.Length && _infos[index] is not null;

    /// <summary>Info of a required input.</summary>
    /// <exception cref="EdgeException">The input is absent.</exception>
    public TensorInfo this[int index] => Has(index)
        ? _infos[index]!
        : throw new EdgeException(EdgeError.BadArity, $"input {index} is missing; {Count} inputs are given");

    public DataType Type(int index) => this[index].Type;

    /// <summary>Shape of a required input whose shape is known; see <see cref="AllKnown"/>.</summary>
    public Shape Shape(int index) => this[index].KnownShape;

    /// <summary>The value of an input where it is present and constant, else null.</summary>
    public Tensor? Constant(int index) => index < _constants.Length ? _constants[index] : null;

    /// <summary>Whether every input that is present has a known type and shape.</summary>
    public bool AllKnown => _infos.All(i => i is null || i.IsKnown);

    /// <summary>Requires a number of inputs in a range.</summary>
    public void RequireCount(int least, int most)
    {
        if (Count < least || Count > most)
        {
            string rule = least == most ? $"{least}" : $"{least} to {most}";
            throw new EdgeException(EdgeError.BadArity, $"{Count} inputs are given, expected {rule}");
        }
    }
}
