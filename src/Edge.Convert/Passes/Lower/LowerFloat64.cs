using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes.Lower;

/// <summary>float64 becomes float32 inside the graph, and the user is told. See <see cref="FloatLowering"/>.</summary>
internal sealed class LowerFloat64 : IPass
{
    public string Name => nameof(LowerFloat64);

    public int Run(Graph graph, PassLog log)
    {
        int lowered = FloatLowering.Lower(graph, DataType.F64);
        if (lowered > 0)
        {
            log.Rewrote($"{lowered} float64 values are computed as float32");
            log.Notice($"the model computes {lowered} values in float64; they are computed in float32, to about 7 decimal digits");
        }
        return lowered;
    }
}
