using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>
/// The naive row for floats, and for the reductions of integers that end in a real function: one result after the other,
/// accumulated in double precision, truncated and saturated to integers.
/// </summary>
internal sealed unsafe class WideReduceReference<TReducer, TElement>(ReduceProblem problem) : Kernel
    where TReducer : struct, IReducer
    where TElement : unmanaged, INumber<TElement>
{
    private readonly AxisWalk _kept = new(problem.Input, Enumerable.Range(0, problem.Input.Rank).Except(problem.Axes));
    private readonly AxisWalk _set = new(problem.Input, problem.Axes);

    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        _kept.Reset();
        for (long i = 0; i < _kept.Count; i++, _kept.Next())
        {
            double value = TReducer.Identity;
            _set.Reset();
            for (long j = 0; j < _set.Count; j++, _set.Next())
            {
                double x = double.CreateTruncating(source[_kept.Offset + _set.Offset]);
                value = TReducer.Combine(value, TReducer.Map(x));
            }
            target[i] = TElement.CreateSaturating(TReducer.Finish(value, _set.Count));
        }
    }
}

/// <summary>The row for integers and bool: accumulated in the element type.</summary>
internal sealed unsafe class IntegerReduceReference<TReducer, TElement>(ReduceProblem problem) : Kernel
    where TReducer : struct, IReducer
    where TElement : unmanaged, INumber<TElement>
{
    private readonly AxisWalk _kept = new(problem.Input, Enumerable.Range(0, problem.Input.Rank).Except(problem.Axes));
    private readonly AxisWalk _set = new(problem.Input, problem.Axes);
    private readonly bool _isBool = problem.Type == DataType.Bool;

    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        _kept.Reset();
        for (long i = 0; i < _kept.Count; i++, _kept.Next())
        {
            var value = TElement.CreateSaturating(TReducer.Identity);
            _set.Reset();
            for (long j = 0; j < _set.Count; j++, _set.Next())
            {
                value = TReducer.Combine(value, TReducer.Map(source[_kept.Offset + _set.Offset]));
            }
            target[i] = _isBool && !TElement.IsZero(value) ? TElement.One : value;
        }
    }
}

/// <summary>
/// log(sum(exp(x))) = m + log(sum(exp(x - m))) with the largest element m, so that nothing overflows. Two passes; -inf for
/// an empty set.
/// </summary>
internal sealed unsafe class LogSumExpReference<TElement>(ReduceProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    private readonly AxisWalk _kept = new(problem.Input, Enumerable.Range(0, problem.Input.Rank).Except(problem.Axes));
    private readonly AxisWalk _set = new(problem.Input, problem.Axes);

    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        _kept.Reset();
        for (long i = 0; i < _kept.Count; i++, _kept.Next())
        {
            target[i] = TElement.CreateSaturating(Reduce(source + _kept.Offset));
        }
    }

    private double Reduce(TElement* source)
    {
        double largest = double.NegativeInfinity;
        _set.Reset();
        for (long j = 0; j < _set.Count; j++, _set.Next())
        {
            largest = Math.Max(largest, double.CreateTruncating(source[_set.Offset]));
        }
        if (!double.IsFinite(largest))
        {
            return largest; // all -inf, or inf or NaN among them
        }
        double sum = 0;
        _set.Reset();
        for (long j = 0; j < _set.Count; j++, _set.Next())
        {
            sum += Math.Exp(double.CreateTruncating(source[_set.Offset]) - largest);
        }
        return largest + Math.Log(sum);
    }
}
