using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Elementwise;

/// <summary>4-byte elements, four conditions at a time, split among threads.</summary>
internal sealed unsafe class WhereRows(WhereProblem problem) : Kernel
{
    private readonly BroadcastPlan _plan = new(problem.Output, problem.Condition, problem.A, problem.B);

    public override void Run(in KernelContext context)
    {
        var ends = new Ends(context.Input(0), (int*)context.Input(1), (int*)context.Input(2), (int*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, _plan.ChunkCount);
    }

    private static void RunChunk(object owner, void* state, int chunk) => Unsafe.As<WhereRows>(owner).RunRows((Ends*)state, chunk);

    private void RunRows(Ends* ends, int chunk)
    {
        long first = (long)chunk * _plan.RowsPerChunk;
        long end = Math.Min(_plan.Rows, first + _plan.RowsPerChunk);
        Unsafe.SkipInit(out BroadcastCursor cursor);
        cursor.Start(_plan, first);
        for (long row = first; row < end; row++, cursor.Next(_plan))
        {
            int* target = ends->Target + cursor.Offset(0);
            byte* condition = ends->Condition + cursor.Offset(1);
            int* a = ends->A + cursor.Offset(2);
            int* b = ends->B + cursor.Offset(3);
            Choose(condition, _plan.RowStrides[1], a, _plan.RowStrides[2], b, _plan.RowStrides[3], target, cursor.Length(_plan));
        }
    }

    /// <summary>One row; each operand advances by its step, 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Choose(byte* condition, int stepC, int* a, int stepA, int* b, int stepB, int* target, int count)
    {
        int i = 0;
        if (stepC == 1)
        {
            Vector128<int> splatA = Vector128.Create(*a);
            Vector128<int> splatB = Vector128.Create(*b);
            for (; i <= count - 4; i += 4)
            {
                Vector128<byte> bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(condition + i)).AsByte();
                Vector128<int> isClear = Vector128.Equals(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32(), Vector128<int>.Zero);
                Vector128<int> whenSet = stepA == 1 ? Vector128.Load(a + i) : splatA;
                Vector128<int> whenClear = stepB == 1 ? Vector128.Load(b + i) : splatB;
                Vector128.ConditionalSelect(isClear, whenClear, whenSet).Store(target + i);
            }
        }
        for (; i < count; i++)
        {
            target[i] = condition[i * stepC] != 0 ? a[i * stepA] : b[i * stepB];
        }
    }

    private readonly struct Ends(byte* condition, int* a, int* b, int* target)
    {
        public readonly byte* Condition = condition;
        public readonly int* A = a;
        public readonly int* B = b;
        public readonly int* Target = target;
    }
}
