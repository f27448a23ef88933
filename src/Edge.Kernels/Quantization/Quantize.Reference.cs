using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class QuantizeReference<T>(QuantizeProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    private readonly ScaleGrid _grid = problem.Grid;
    private readonly bool _isInteger = problem.From == DataType.S32;

    public override void Run(in KernelContext context)
    {
        byte* x = context.Input(0);
        var scales = (float*)context.Input(1);
        T* zeros = problem.HasZeroPoint ? (T*)context.Input(2) : null;
        var y = (T*)context.Output(0);
        (int low, int high) = Affine.Range(problem.To);
        long at = 0;
        for (long row = 0; row < _grid.Rows; row++)
        {
            long first = _grid.FirstScale(row);
            for (long i = 0; i < _grid.Inner; i++, at++)
            {
                long s = first + (i * _grid.InnerStride);
                double ratio = _isInteger ? ((int*)x)[at] / (double)scales[s] : ((float*)x)[at] / scales[s];
                int zero = zeros is null ? 0 : int.CreateTruncating(zeros[s]);
                y[at] = T.CreateTruncating(Affine.Quantize(ratio, zero, low, high));
            }
        }
    }
}

/// <summary>Makes the naive row for a type known at run time.</summary>
internal readonly struct QuantizeMaker(QuantizeProblem problem) : IDataTypeVisitor<Kernel>
{
    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new QuantizeReference<T>(problem);
}
