using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>The naive row: walks the output in order and looks the three operands up by their strides.</summary>
internal sealed unsafe class WhereReference<TElement> : Kernel where TElement : unmanaged
{
    private readonly int[] _dims;
    private readonly long[] _stridesC;
    private readonly long[] _stridesA;
    private readonly long[] _stridesB;
    private readonly int[] _index;
    private readonly long _count;

    public WhereReference(WhereProblem problem)
    {
        Shape output = problem.Output;
        _dims = output.ToArray();
        _stridesC = Broadcast.Strides(problem.Condition, output);
        _stridesA = Broadcast.Strides(problem.A, output);
        _stridesB = Broadcast.Strides(problem.B, output);
        _index = new int[_dims.Length];
        _count = output.Count;
    }

    public override void Run(in KernelContext context)
    {
        byte* condition = context.Input(0);
        var a = (TElement*)context.Input(1);
        var b = (TElement*)context.Input(2);
        var target = (TElement*)context.Output(0);
        Array.Clear(_index);
        for (long i = 0; i < _count; i++)
        {
            target[i] = *condition != 0 ? *a : *b;
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                int steps = ++_index[axis] < _dims[axis] ? 1 : 1 - _dims[axis];
                condition += steps * _stridesC[axis];
                a += steps * _stridesA[axis];
                b += steps * _stridesB[axis];
                if (steps > 0)
                {
                    break;
                }
                _index[axis] = 0;
            }
        }
    }
}
