using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Walks the outputs of a <see cref="PoolProblem"/> and the taps of each; what happens there is the subclass's.</summary>
internal abstract unsafe class PoolReference(PoolProblem problem) : Kernel
{
    private int _lane;

    protected PoolProblem Problem => problem;

    public override void Run(in KernelContext context)
    {
        if (problem.Output.Count == 0)
        {
            return;
        }
        for (long plane = 0; plane < problem.Planes; plane++)
        {
            for (_lane = 0; _lane < problem.Lanes; _lane++)
            {
                RunLane(context, plane);
            }
        }
    }

    /// <summary>Starts an output.</summary>
    protected abstract void Begin();

    /// <summary>A tap on position <paramref name="at"/> of <paramref name="plane"/>.</summary>
    protected abstract void Tap(byte* x, long plane, long at);

    /// <summary>A tap on declared padding.</summary>
    protected virtual void PaddingTap()
    {
    }

    /// <summary>Writes output <paramref name="index"/>.</summary>
    protected abstract void End(in KernelContext context, long index);

    /// <summary>Where position <paramref name="at"/> of the current channel of <paramref name="plane"/> lies.</summary>
    protected long Element(long plane, long at) => (((plane * problem.Input.Count) + at) * problem.Lanes) + _lane;

    private void RunLane(in KernelContext context, long plane)
    {
        long index = (plane * problem.Output.Count * problem.Lanes) + _lane;
        for (int d = 0; d < problem.Output.D; d++)
        {
            for (int h = 0; h < problem.Output.H; h++)
            {
                for (int w = 0; w < problem.Output.W; w++, index += problem.Lanes)
                {
                    Begin();
                    Visit(context.Input(0), plane, d, h, w);
                    End(context, index);
                }
            }
        }
    }

    private void Visit(byte* x, long plane, int od, int oh, int ow)
    {
        Extent input = problem.Input;
        for (int kd = 0; kd < problem.Window.Kernel.D; kd++)
        {
            for (int kh = 0; kh < problem.Window.Kernel.H; kh++)
            {
                for (int kw = 0; kw < problem.Window.Kernel.W; kw++)
                {
                    long d = Position(0, od, kd);
                    long h = Position(1, oh, kh);
                    long w = Position(2, ow, kw);
                    if (d >= 0 && d < input.D && h >= 0 && h < input.H && w >= 0 && w < input.W)
                    {
                        Tap(x, plane, (((d * input.H) + h) * input.W) + w);
                    }
                    else if (IsDeclared(0, d) && IsDeclared(1, h) && IsDeclared(2, w))
                    {
                        PaddingTap();
                    }
                }
            }
        }
    }

    private long Position(int axis, int output, int tap) =>
        ((long)output * problem.Window.Stride[axis]) + ((long)tap * problem.Window.Dilation[axis]) - problem.Window.PadBegin[axis];

    /// <summary>A window of ceil mode may reach beyond input and padding; such taps count nowhere.</summary>
    private bool IsDeclared(int axis, long position) => position < (long)problem.Input[axis] + problem.Window.PadEnd[axis];
}

/// <summary>The naive row of averages and norms, summed in double.</summary>
internal sealed unsafe class PoolReference<T>(PoolProblem problem, NormFormula formula) : PoolReference(problem)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private double _sum;
    private long _taps;
    private long _paddingTaps;

    protected override void Begin()
    {
        _sum = 0;
        _taps = 0;
        _paddingTaps = 0;
    }

    protected override void Tap(byte* x, long plane, long at)
    {
        _sum += formula.Term(double.CreateTruncating(((T*)x)[Element(plane, at)]));
        _taps++;
    }

    protected override void PaddingTap() => _paddingTaps++;

    protected override void End(in KernelContext context, long index) =>
        ((T*)context.Output(0))[index] = T.CreateTruncating(formula.Finish(_sum, Problem.CountIncludePad ? _taps + _paddingTaps : _taps));
}

/// <summary>Makes the naive row of the maximum for any number type.</summary>
internal static class MaxPoolReference
{
    public static Kernel Create(PoolProblem problem) => problem.Type.Visit<Factory, Kernel>(new Factory(problem));

    private readonly struct Factory(PoolProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new MaxPoolReference<T>(problem);
    }
}

/// <summary>The naive row of the maximum, with indices where they are asked for.</summary>
internal sealed unsafe class MaxPoolReference<T>(PoolProblem problem) : PoolReference(problem)
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    /// <summary>-infinity for float types.</summary>
    private static readonly T Least = T.CreateSaturating(double.NegativeInfinity);

    private T _best;
    private long _index;

    protected override void Begin()
    {
        _best = Least;
        _index = -1;
    }

    protected override void Tap(byte* x, long plane, long at)
    {
        T value = ((T*)x)[Element(plane, at)];
        if (_index < 0 || value > _best || (T.IsNaN(value) && !T.IsNaN(_best)))
        {
            _best = value;
            _index = (plane * Problem.Input.Count) + (Problem.ColumnMajorIndices ? ColumnMajor(at) : at);
        }
    }

    protected override void End(in KernelContext context, long index)
    {
        ((T*)context.Output(0))[index] = _best;
        if (Problem.HasIndices)
        {
            ((long*)context.Output(1))[index] = _index;
        }
    }

    private long ColumnMajor(long at)
    {
        Extent input = Problem.Input;
        long w = at % input.W;
        long h = at / input.W % input.H;
        long d = at / input.W / input.H;
        return d + (input.D * (h + (input.H * w)));
    }
}
