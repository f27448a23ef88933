using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Input 0 is (rows, dim, inner), input 1 holds indices: output[r, i, :] = input[r, indices[i], :].</summary>
/// <param name="InnerBytes">Bytes of the dimensions after the axis.</param>
/// <param name="IndexCount">Number of indices.</param>
/// <param name="IndexType">s32 or s64.</param>
public sealed record GatherProblem(long Rows, int Dim, long InnerBytes, long IndexCount, DataType IndexType)
{
    public static GatherProblem Of(Shape input, int axis, Shape indices, int elementBytes, DataType indexType)
    {
        bool empty = indices.Count == 0 || input.With(axis, 1).Count == 0;
        return empty
            ? new GatherProblem(0, 0, 0, 0, indexType)
            : new GatherProblem(input.CountRange(0, axis), input[axis], input.CountRange(axis + 1, input.Rank) * elementBytes, indices.Count, indexType);
    }
}

/// <summary>Selection of slices along one axis.</summary>
public static class GatherKernels
{
    public static readonly KernelTable<GatherProblem> Table = new(
        "gather",
        [
            new("gather_any_scalar_runs", CpuFeatures.None, p => p.InnerBytes <= int.MaxValue, p => new GatherRuns(p)),
            new("gather_any_ref", CpuFeatures.None, _ => true, p => new GatherReference(p)),
        ]);
}

/// <summary>The naive row: byte by byte.</summary>
internal sealed unsafe class GatherReference(GatherProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var indices = new IndexList(context.Input(1), problem.IndexType);
        byte* target = context.Output(0);
        for (long row = 0; row < problem.Rows; row++)
        {
            for (long i = 0; i < problem.IndexCount; i++)
            {
                byte* source = context.Input(0) + (((row * problem.Dim) + indices.Resolve(i, problem.Dim)) * problem.InnerBytes);
                for (long b = 0; b < problem.InnerBytes; b++)
                {
                    *target++ = source[b];
                }
            }
        }
    }
}

/// <summary>One block copy per index; slices of 4 or 8 bytes are single moves.</summary>
internal sealed unsafe class GatherRuns(GatherProblem problem) : Kernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in KernelContext context)
    {
        var indices = new IndexList(context.Input(1), problem.IndexType);
        byte* source = context.Input(0);
        byte* target = context.Output(0);
        long bytes = problem.InnerBytes;
        for (long row = 0; row < problem.Rows; row++)
        {
            for (long i = 0; i < problem.IndexCount; i++)
            {
                byte* from = source + (indices.Resolve(i, problem.Dim) * bytes);
                switch (bytes)
                {
                    case 4: *(uint*)target = *(uint*)from; break;
                    case 8: *(ulong*)target = *(ulong*)from; break;
                    default: Unsafe.CopyBlockUnaligned(target, from, (uint)bytes); break;
                }
                target += bytes;
            }
            source += problem.Dim * bytes;
        }
    }
}
