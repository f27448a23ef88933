using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class DequantizeReference<T>(DequantizeProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    private readonly ScaleGrid _grid = problem.Grid;

    public override void Run(in KernelContext context)
    {
        var x = (T*)context.Input(0);
        var scales = (float*)context.Input(1);
        T* zeros = problem.HasZeroPoint ? (T*)context.Input(2) : null;
        var y = (float*)context.Output(0);
        long at = 0;
        for (long row = 0; row < _grid.Rows; row++)
        {
            long first = _grid.FirstScale(row);
            for (long i = 0; i < _grid.Inner; i++, at++)
            {
                long s = first + (i * _grid.InnerStride);
                long zero = zeros is null ? 0 : long.CreateTruncating(zeros[s]);
                y[at] = (long.CreateTruncating(x[at]) - zero) * scales[s];
            }
        }
    }
}

/// <summary>Makes the naive row for a type known at run time.</summary>
internal readonly struct DequantizeMaker(DequantizeProblem problem) : IDataTypeVisitor<Kernel>
{
    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new DequantizeReference<T>(problem);
}
