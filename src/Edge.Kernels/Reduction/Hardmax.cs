using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>1 at the first largest element along the middle axis, 0 elsewhere.</summary>
public static class HardmaxKernels
{
    public static readonly KernelTable<AxisProblem> Table = new(
        "hardmax",
        [
            new("hardmax_float_ref", CpuFeatures.None, p => p.Type is DataType.F32 or DataType.F64, Make),
        ]);

    private static Kernel Make(AxisProblem problem) => problem.Type == DataType.F64 ? new HardmaxReference<double>(problem) : new HardmaxReference<float>(problem);
}

/// <summary>One line after the other. The output may be the input.</summary>
internal sealed unsafe class HardmaxReference<TElement>(AxisProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner && problem.Length > 0; inner++)
            {
                long start = (outer * problem.Length * problem.Inner) + inner;
                int best = 0;
                for (int i = 1; i < problem.Length; i++)
                {
                    best = source[start + (i * problem.Inner)] > source[start + (best * problem.Inner)] ? i : best;
                }
                for (int i = 0; i < problem.Length; i++)
                {
                    target[start + (i * problem.Inner)] = i == best ? TElement.One : TElement.Zero;
                }
            }
        }
    }
}
