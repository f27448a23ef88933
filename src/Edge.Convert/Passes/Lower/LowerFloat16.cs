using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes.Lower;

/// <summary>float16 is a storage type: inside the graph it becomes float32. See <see cref="FloatLowering"/>.</summary>
internal sealed class LowerFloat16 : IPass
{
    public string Name => nameof(LowerFloat16);

    public int Run(Graph graph, PassLog log)
    {
        int lowered = FloatLowering.Lower(graph, DataType.F16);
        if (lowered > 0)
        {
            log.Rewrote($"{lowered} float16 values are computed as float32");
        }
        return lowered;
    }
}
