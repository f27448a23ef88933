using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Normalization;

/// <summary>The naive row: one line after the other, in double precision. The output may be the input.</summary>
internal sealed unsafe class SoftmaxReference<TElement>(SoftmaxProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        long inners = problem.Lines.Inner;
        for (long outer = 0; outer < problem.Lines.Outer; outer++)
        {
            for (long inner = 0; inner < inners; inner++)
            {
                long start = (outer * problem.Lines.Length * inners) + inner;
                Line(source + start, target + start);
            }
        }
    }

    private void Line(TElement* source, TElement* target)
    {
        long step = problem.Lines.Inner;
        double largest = double.NegativeInfinity;
        for (long i = 0; i < problem.Lines.Length; i++)
        {
            largest = Math.Max(largest, double.CreateTruncating(source[i * step]));
        }
        double sum = 0;
        for (long i = 0; i < problem.Lines.Length; i++)
        {
            sum += Math.Exp(double.CreateTruncating(source[i * step]) - largest);
        }
        for (long i = 0; i < problem.Lines.Length; i++)
        {
            double x = double.CreateTruncating(source[i * step]) - largest;
            target[i * step] = TElement.CreateTruncating(problem.Logarithm ? x - Math.Log(sum) : Math.Exp(x) / sum);
        }
    }
}
