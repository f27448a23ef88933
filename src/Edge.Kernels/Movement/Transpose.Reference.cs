using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>The naive row: walks the output in order and gathers each element from its place in the input.</summary>
internal sealed unsafe class TransposeReference : Kernel
{
    private readonly int[] _outputDims;
    private readonly long[] _sourceStrides;
    private readonly int[] _index;
    private readonly int _elementBytes;
    private readonly long _count;

    public TransposeReference(TransposeProblem problem)
    {
        long[] strides = problem.Input.Strides();
        _outputDims = TransposeKernels.OutputShape(problem.Input, problem.Permutation).ToArray();
        _sourceStrides = [.. problem.Permutation.Select(axis => strides[axis])];
        _index = new int[_outputDims.Length];
        _elementBytes = problem.ElementBytes;
        _count = problem.Input.Count;
    }

    public override void Run(in KernelContext context)
    {
        byte* source = context.Input(0);
        byte* target = context.Output(0);
        Array.Clear(_index);
        long offset = 0;
        for (long i = 0; i < _count; i++)
        {
            Buffer.MemoryCopy(source + (offset * _elementBytes), target + (i * _elementBytes), _elementBytes, _elementBytes);
            for (int axis = _index.Length - 1; axis >= 0; axis--)
            {
                offset += _sourceStrides[axis];
                if (++_index[axis] < _outputDims[axis])
                {
                    break;
                }
                offset -= _sourceStrides[axis] * _outputDims[axis];
                _index[axis] = 0;
            }
        }
    }
}
