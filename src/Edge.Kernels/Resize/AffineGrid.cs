using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>
/// Grid points for <see cref="GridSampleKernels"/>: each point of a regular grid, as (x, y, 1) or (x, y, z, 1), times the
/// transposed matrix theta[n] of rank rows and rank + 1 columns. Input: theta.
/// </summary>
/// <param name="Spatial">H, W or D, H, W of the grid.</param>
/// <param name="AlignCorners">Whether -1 and 1 are the centres of the first and last position, or their outer edges.</param>
public sealed record AffineGridProblem(DataType Type, int Batch, int[] Spatial, bool AlignCorners);

/// <summary>Affine maps of regular grids.</summary>
public static class AffineGridKernels
{
    public static readonly KernelTable<AffineGridProblem> Table = new(
        "affinegrid",
        [
            new("affinegrid_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new AffineGridReference<float>(p)),
            new("affinegrid_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new AffineGridReference<double>(p)),
        ]);
}

/// <summary>The naive row: one point after another, in double.</summary>
internal sealed unsafe class AffineGridReference<T>(AffineGridProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Odometer _point = new(problem.Spatial);
    private readonly long _points = new Shape(problem.Spatial).Count;

    public override void Run(in KernelContext context)
    {
        int rank = problem.Spatial.Length;
        T* theta = (T*)context.Input(0);
        T* y = (T*)context.Output(0);
        for (int n = 0; n < problem.Batch; n++, theta += rank * (rank + 1))
        {
            _point.Reset();
            for (long p = 0; p < _points; p++, y += rank)
            {
                for (int row = 0; row < rank; row++)
                {
                    y[row] = T.CreateTruncating(Map(theta + (row * (rank + 1)), rank));
                }
                _point.Advance();
            }
        }
    }

    private double Map(T* row, int rank)
    {
        double sum = double.CreateTruncating(row[rank]);
        for (int i = 0; i < rank; i++)
        {
            sum += double.CreateTruncating(row[i]) * Coordinate(rank - 1 - i);
        }
        return sum;
    }

    private double Coordinate(int axis)
    {
        double length = problem.Spatial[axis];
        return !problem.AlignCorners ? (((2.0 * _point[axis]) + 1) / length) - 1
            : length == 1 ? 0 : (2.0 * _point[axis] / (length - 1)) - 1;
    }
}
