using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Normalization;

/// <summary>The naive row: one row after the other, in double precision, in two passes.</summary>
internal sealed unsafe class RowNormReference<TElement>(RowNormProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        for (long row = 0; row < problem.Rows; row++)
        {
            TElement* source = (TElement*)context.Input(0) + (row * problem.Length);
            TElement* target = (TElement*)context.Output(0) + (row * problem.Length);
            double mean = problem.Centered ? Mean(source, 0, 1) : 0;
            double factor = 1 / Math.Sqrt(Mean(source, mean, 2) + problem.Epsilon);
            if (problem.Outputs > 1)
            {
                ((TElement*)context.Output(1))[row] = TElement.CreateTruncating(mean);
            }
            if (problem.Outputs > 2)
            {
                ((TElement*)context.Output(2))[row] = TElement.CreateTruncating(factor);
            }
            for (int i = 0; i < problem.Length; i++)
            {
                double y = (double.CreateTruncating(source[i]) - mean) * factor;
                if (problem.Scale != RowScale.None)
                {
                    y *= double.CreateTruncating(((TElement*)context.Input(1))[ScaleIndex(row, i)]);
                }
                if (problem.HasBias)
                {
                    y += double.CreateTruncating(((TElement*)context.Input(2))[ScaleIndex(row, i)]);
                }
                target[i] = TElement.CreateTruncating(y);
            }
        }
    }

    private long ScaleIndex(long row, int i) => problem.Scale == RowScale.PerElement ? i : ((row * (problem.Length / problem.Run)) + (i / problem.Run)) % problem.Scales;

    private double Mean(TElement* source, double offset, int power)
    {
        double sum = 0;
        for (int i = 0; i < problem.Length; i++)
        {
            double x = double.CreateTruncating(source[i]) - offset;
            sum += power == 2 ? x * x : x;
        }
        return sum / problem.Length;
    }
}
