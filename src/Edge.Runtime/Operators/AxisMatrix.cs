using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// The adjoint of operators that map each axis linearly and on its own (Resize, Pad by reflection): the matrix of an axis is what
/// the operator makes of the unit vectors, and a gradient is multiplied by its transpose.
/// </summary>
internal static class AxisMatrix
{
    /// <summary>The rows that a kernel makes of the rows of the identity.</summary>
    /// <param name="kernel">Maps (input, input) to (input, output), row by row; disposed.</param>
    /// <returns>(output, input): the transpose of the matrix.</returns>
    public static unsafe Tensor Transposed(Kernel kernel, DataType type, int input, int output)
    {
        Tensor identity = Tensor.Allocate(type, new Shape(input, input));
        Tensor result = Tensor.Allocate(type, new Shape(input, output));
        for (int i = 0; i < input; i++)
        {
            Set(identity, ((long)i * input) + i, 1);
        }
        using (kernel)
        using (var scratch = new AlignedBuffer(kernel.ScratchBytes))
        {
            kernel.BindConstants([null]);
            byte* source = identity.Data;
            byte* target = result.Data;
            kernel.Run(new KernelContext(&source, &target, scratch.Data, WorkerPool.Single));
        }
        Tensor transposed = Tensor.Allocate(type, new Shape(output, input));
        double[] values = result.ToDouble();
        for (int i = 0; i < input; i++)
        {
            for (int o = 0; o < output; o++)
            {
                Set(transposed, ((long)o * input) + i, values[((long)i * output) + o]);
            }
        }
        GC.KeepAlive(identity);
        return transposed;
    }

    /// <summary>Multiplies <paramref name="gradient"/> along an axis by a matrix (output, input).</summary>
    public static Value Apply(GradientContext context, Value gradient, int axis, Tensor matrix)
    {
        int rank = gradient.Info.KnownShape.Rank;
        if (axis == rank - 1)
        {
            return context.Add(new MatMul(), gradient, context.Constant(matrix));
        }
        int[] exchange = [.. Enumerable.Range(0, rank)];
        (exchange[axis], exchange[rank - 1]) = (rank - 1, axis);
        Value product = context.Add(new MatMul(), context.Add(new Transpose { Permutation = exchange }, gradient), context.Constant(matrix));
        return context.Add(new Transpose { Permutation = exchange }, product);
    }

    private static void Set(Tensor tensor, long index, double value)
    {
        if (tensor.Type == DataType.F64)
        {
            tensor.Span<double>()[(int)index] = value;
        }
        else
        {
            tensor.Span<float>()[(int)index] = (float)value;
        }
    }
}
