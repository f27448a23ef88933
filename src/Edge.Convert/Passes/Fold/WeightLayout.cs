using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fold;

/// <summary>Which channels an element of a weight tensor connects.</summary>
internal sealed class WeightLayout
{
    private readonly Shape _shape;
    private readonly long _kernel;
    private readonly int _group;
    private readonly bool _outputFirst;

    private WeightLayout(Shape shape, int group, bool outputFirst)
    {
        _shape = shape;
        _kernel = Math.Max(1, shape.CountRange(2, shape.Rank));
        _group = group;
        _outputFirst = outputFirst;
    }

    /// <summary>
    /// The layout of the weights of <paramref name="node"/>: Conv [M,C/group,kernel...], ConvTranspose [C,M/group,kernel...],
    /// Gemm [K,N] or [N,K].
    /// </summary>
    public static WeightLayout Of(Node node)
    {
        Shape shape = node.Input(1)!.Info.KnownShape;
        return node.Operator switch
        {
            Conv conv => new WeightLayout(shape, conv.Group, outputFirst: true),
            ConvTranspose conv => new WeightLayout(shape, conv.Group, outputFirst: false),
            Gemm gemm => new WeightLayout(shape, 1, gemm.TransB),
            _ => throw new InvalidOperationException($"{node.Place} has no weights"),
        };
    }

    public int OutputChannel(long element) => _outputFirst ? First(element) : Grouped(element);

    public int InputChannel(long element) => _outputFirst ? Grouped(element) : First(element);

    private int First(long element) => (int)(element / (_kernel * _shape[1]));

    /// <summary>The channel of axis 1, which counts within the group of the channel of axis 0.</summary>
    private int Grouped(long element)
    {
        int perGroup = _shape[0] / _group;
        return (First(element) / perGroup * _shape[1]) + (int)(element / _kernel % _shape[1]);
    }
}
