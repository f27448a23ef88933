using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: piece after piece of a row of the result; pieces are split among threads.</summary>
internal sealed unsafe class IntegerGemmReference(IntegerGemmProblem problem) : Kernel
{
    /// <summary>Columns of a piece.</summary>
    private const int Columns = 64;

    private readonly int _pieces = (int)((problem.N + (long)Columns - 1) / Columns);
    private readonly bool _signedA = problem.A == DataType.S8;
    private readonly bool _signedB = problem.B == DataType.S8;
    private readonly bool _signedY = problem.Y == DataType.S8;

    public override void Run(in KernelContext context)
    {
        var operands = new Operands
        {
            A = context.Input(0),
            B = context.Input(1),
            AZero = problem.AZero is null ? null : context.Input(2),
            BZero = problem.BZero is null ? null : context.Input(3),
            Y = context.Output(0),
        };
        if (problem.Rescale is not null)
        {
            operands.AScale = (float*)context.Input(4);
            operands.BScale = (float*)context.Input(5);
            operands.YScale = (float*)context.Input(6);
            operands.YZero = context.Input(7);
        }
        context.Pool.Run(this, &operands, &RunPiece, checked((int)((long)problem.Batch * problem.M * _pieces)));
    }

    private static void RunPiece(object owner, void* state, int chunk)
    {
        var kernel = (IntegerGemmReference)owner;
        int line = chunk / kernel._pieces;
        kernel.Multiply((Operands*)state, line / kernel.Problem.M, line % kernel.Problem.M, chunk % kernel._pieces * Columns);
    }

    private IntegerGemmProblem Problem => problem;

    /// <summary>Columns [<paramref name="start"/>, start + <see cref="Columns"/>) of row <paramref name="i"/> of batch <paramref name="z"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(Operands* operands, int z, int i, int start)
    {
        int* sums = stackalloc int[Columns];
        new Span<int>(sums, Columns).Clear();
        int* zeros = stackalloc int[Columns];
        int count = Math.Min(Columns, problem.N - start);
        for (int j = 0; j < count; j++)
        {
            zeros[j] = problem.BZero is { } index ? Affine.Read8(operands->BZero + index.At(z, start + j), _signedB) : 0;
        }
        int aZero = problem.AZero is { } rows ? Affine.Read8(operands->AZero + rows.At(z, i), _signedA) : 0;
        byte* a = operands->A + problem.AOffsets[z] + ((long)i * problem.K);
        byte* b = operands->B + problem.BOffsets[z] + start;
        for (int k = 0; k < problem.K; k++, b += problem.N)
        {
            int left = Affine.Read8(a + k, _signedA) - aZero;
            for (int j = 0; j < count; j++)
            {
                sums[j] = unchecked(sums[j] + (left * (Affine.Read8(b + j, _signedB) - zeros[j])));
            }
        }
        Store(operands, sums, z, i, start, count);
    }

    private void Store(Operands* operands, int* sums, int z, int i, int start, int count)
    {
        long at = ((((long)z * problem.M) + i) * problem.N) + start;
        if (problem.Rescale is not { } rescale)
        {
            new ReadOnlySpan<int>(sums, count).CopyTo(new Span<int>((int*)operands->Y + at, count));
            return;
        }
        (int low, int high) = Affine.Range(problem.Y);
        float aScale = operands->AScale[rescale.AScale.At(z, i)];
        float yScale = operands->YScale[rescale.YScale.At(z, i)];
        int yZero = Affine.Read8(operands->YZero + rescale.YZero.At(z, i), _signedY);
        for (int j = 0; j < count; j++)
        {
            float factor = aScale * operands->BScale[rescale.BScale.At(z, start + j)] / yScale;
            operands->Y[at + j] = (byte)Affine.Requantize(sums[j], factor, yZero, low, high);
        }
    }

    private struct Operands
    {
        public byte* A;
        public byte* B;
        public byte* AZero;
        public byte* BZero;
        public float* AScale;
        public float* BScale;
        public float* YScale;
        public byte* YZero;
        public byte* Y;
    }
}
