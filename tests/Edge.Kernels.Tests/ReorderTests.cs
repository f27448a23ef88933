using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ReorderTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 5)]
    [InlineData(1, 7, 4)]
    [InlineData(2, 8, 3)]
    [InlineData(1, 8, 9)]
    [InlineData(3, 9, 17)]
    [InlineData(1, 17, 1025)]
    [InlineData(1, 24, 3000)]
    [InlineData(0, 8, 4)]
    [InlineData(2, 9, 0)]
    public void EveryRowMovesEveryChannel(int batch, int channels, int positions)
    {
        Tensor x = RandomTensor.F32WithSpecials(new Shape(batch, channels, positions), 1);
        foreach ((Layout from, Layout to) in new[] { (Layout.Planar, Layout.Blocked8), (Layout.Blocked8, Layout.Planar) })
        {
            var problem = new ReorderProblem(batch, channels, positions, from, to);
            Tensor source = Blocked.From(x, from);
            TensorInfo info = x.Info with { Layout = to };
            string[] rows = RowChecks.AgreeWithReference(ReorderKernels.Table, problem, [source], [info], 0);
            Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None, "only the reference ran");
            Tensor moved = RowChecks.Run(ReorderKernels.Table.Select(problem, KernelQuery.Reference), problem, [source], [info])[0];
            Assert.Equal(x.ToArray<float>(), Blocked.Planar(moved).ToArray<float>());
        }
    }
}
