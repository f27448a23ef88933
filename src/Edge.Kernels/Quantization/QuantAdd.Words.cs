using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The row for sums where some tensor has 16 bits.</summary>
internal static class QuantAddWords
{
    public static Kernel Create(QuantAddProblem problem) =>
        problem.AType == DataType.S16 ? OfA<short>(problem) : OfA<sbyte>(problem);

    private static Kernel OfA<TA>(QuantAddProblem problem) where TA : unmanaged =>
        problem.BType == DataType.S16 ? OfB<TA, short>(problem) : OfB<TA, sbyte>(problem);

    private static Kernel OfB<TA, TB>(QuantAddProblem problem) where TA : unmanaged where TB : unmanaged =>
        problem.YType == DataType.S16 ? new QuantAddWords<TA, TB, short>(problem) : new QuantAddWords<TA, TB, sbyte>(problem);
}

/// <summary>Eight sums at a time, multiplied in 32 bits; elements are split among threads.</summary>
internal sealed unsafe class QuantAddWords<TA, TB, TY>(QuantAddProblem problem) : Kernel where TA : unmanaged where TB : unmanaged where TY : unmanaged
{
    private long Count => problem.Count;

    public override void Run(in KernelContext context)
    {
        var state = new Operands { A = (TA*)context.Input(0), B = (TB*)context.Input(1), Y = (TY*)context.Output(0) };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = (QuantAddWords<TA, TB, TY>)owner;
        long start = (long)chunk * Chunks.Elements;
        kernel.Add(*(Operands*)state, start, start + Chunks.Length(kernel.Count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(Operands operands, long start, long end)
    {
        Vector128<int> ma = Vector128.Create(problem.AMultiplier), mb = Vector128.Create(problem.BMultiplier), offset = Vector128.Create(problem.Offset);
        Vector128<int> least = Vector128.Create(problem.Low), most = Vector128.Create(problem.High);
        int shift = problem.Shift;
        long i = start;
        for (; i <= end - EightLanes.Count; i += EightLanes.Count)
        {
            Vector128<short> a = EightLanes.Load(operands.A + i), b = EightLanes.Load(operands.B + i);
            Vector128<int> low = ((Vector128.WidenLower(a) * ma) + (Vector128.WidenLower(b) * mb) + offset) >> shift;
            Vector128<int> high = ((Vector128.WidenUpper(a) * ma) + (Vector128.WidenUpper(b) * mb) + offset) >> shift;
            EightLanes.Store(Vector128.Min(Vector128.Max(low, least), most), Vector128.Min(Vector128.Max(high, least), most), operands.Y + i);
        }
        for (; i < end; i++)
        {
            int y = QuantAddReference.Apply(problem, Affine.Read((byte*)operands.A, problem.AType, i), Affine.Read((byte*)operands.B, problem.BType, i));
            Affine.Write((byte*)operands.Y, problem.YType, i, y);
        }
    }

    private struct Operands
    {
        public TA* A;
        public TB* B;
        public TY* Y;
    }
}
