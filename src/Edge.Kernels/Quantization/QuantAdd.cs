using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y = clamp((a * AMultiplier + b * BMultiplier + Offset) >> Shift, Low, High) for 8-bit and 16-bit integers of one shape and layout; 32-bit sums
/// modulo 2^32, arithmetic shift. The offset holds the zero points and half a step for rounding (docs/quantization.md).
/// </summary>
/// <param name="AMultiplier">In [-32768, 32767] where all three tensors have 8 bits.</param>
/// <param name="BMultiplier">The same.</param>
/// <param name="Shift">0 to 30.</param>
public sealed record QuantAddProblem(long Count, int AMultiplier, int BMultiplier, int Offset, int Shift, int Low, int High)
{
    /// <summary>s8 or s16.</summary>
    public DataType AType { get; init; } = DataType.S8;

    /// <summary>s8 or s16.</summary>
    public DataType BType { get; init; } = DataType.S8;

    /// <summary>s8 or s16.</summary>
    public DataType YType { get; init; } = DataType.S8;

    /// <summary>Whether all three tensors have 8 bits.</summary>
    public bool IsBytes => AType == DataType.S8 && BType == DataType.S8 && YType == DataType.S8;
}

/// <summary>Sum of two quantized tensors.</summary>
public static class QuantAddKernels
{
    public static readonly KernelTable<QuantAddProblem> Table = new(
        "quantadd",
        [
            new("quantadd_s8_avx2_b16", CpuFeatures.Avx2, p => p.IsBytes, p => new QuantAddKernel<QuantAddAvx2>(p)),
            new("quantadd_s8_neon_b16", CpuFeatures.Neon, p => p.IsBytes, p => new QuantAddKernel<QuantAddNeon>(p)),
            new("quantadd_int_v128_b8", CpuFeatures.Simd128, p => !p.IsBytes, QuantAddWords.Create),
            new("quantadd_int_ref", CpuFeatures.None, _ => true, p => new QuantAddReference(p)),
        ]) { IsExact = true, Device = () => QuantizationDevice.Add };
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class QuantAddReference(QuantAddProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        byte* a = context.Input(0);
        byte* b = context.Input(1);
        byte* y = context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            Affine.Write(y, problem.YType, i, Apply(problem, Affine.Read(a, problem.AType, i), Affine.Read(b, problem.BType, i)));
        }
    }

    public static int Apply(QuantAddProblem problem, int a, int b)
    {
        int sum = unchecked((a * problem.AMultiplier) + (b * problem.BMultiplier) + problem.Offset);
        return Math.Clamp(sum >> problem.Shift, problem.Low, problem.High);
    }
}

/// <summary>16 sums at a time.</summary>
internal unsafe interface IQuantAddStep
{
    static abstract Vector128<sbyte> Add(sbyte* a, sbyte* b, QuantAddProblem problem);
}

internal readonly unsafe struct QuantAddAvx2 : IQuantAddStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Add(sbyte* a, sbyte* b, QuantAddProblem problem)
    {
        Vector256<short> multipliers = Vector256.Create((problem.AMultiplier & 0xFFFF) | (problem.BMultiplier << 16)).AsInt16();
        Vector256<int> offset = Vector256.Create(problem.Offset);
        Vector128<int> shift = Vector128.CreateScalar(problem.Shift);
        Vector256<short> s = Avx2.ConvertToVector256Int16(a), t = Avx2.ConvertToVector256Int16(b);
        Vector256<int> low = Avx2.ShiftRightArithmetic(Avx2.Add(Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(s, t), multipliers), offset), shift);
        Vector256<int> high = Avx2.ShiftRightArithmetic(Avx2.Add(Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(s, t), multipliers), offset), shift);
        Vector256<short> both = Avx2.PackSignedSaturate(low, high);
        return Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper());
    }
}

internal readonly unsafe struct QuantAddNeon : IQuantAddStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Add(sbyte* a, sbyte* b, QuantAddProblem problem)
    {
        Vector64<short> ma = Vector64.Create((short)problem.AMultiplier), mb = Vector64.Create((short)problem.BMultiplier);
        Vector128<int> offset = Vector128.Create(problem.Offset), shift = Vector128.Create(-problem.Shift);
        Vector128<sbyte> s = Vector128.Load(a), t = Vector128.Load(b);
        Vector128<short> s0 = AdvSimd.SignExtendWideningLower(s.GetLower()), s1 = AdvSimd.SignExtendWideningUpper(s);
        Vector128<short> t0 = AdvSimd.SignExtendWideningLower(t.GetLower()), t1 = AdvSimd.SignExtendWideningUpper(t);
        return AdvSimd.ExtractNarrowingSaturateUpper(
            AdvSimd.ExtractNarrowingSaturateLower(Half(s0, t0, ma, mb, offset, shift)), Half(s1, t1, ma, mb, offset, shift));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Half(Vector128<short> s, Vector128<short> t, Vector64<short> ma, Vector64<short> mb, Vector128<int> offset, Vector128<int> shift)
    {
        Vector128<int> low = AdvSimd.MultiplyWideningLowerAndAdd(AdvSimd.MultiplyWideningLowerAndAdd(offset, s.GetLower(), ma), t.GetLower(), mb);
        Vector128<int> high = AdvSimd.MultiplyWideningLowerAndAdd(AdvSimd.MultiplyWideningLowerAndAdd(offset, s.GetUpper(), ma), t.GetUpper(), mb);
        return AdvSimd.ExtractNarrowingSaturateUpper(
            AdvSimd.ExtractNarrowingSaturateLower(AdvSimd.ShiftArithmetic(low, shift)), AdvSimd.ShiftArithmetic(high, shift));
    }
}

/// <summary>Splits the elements among threads.</summary>
internal sealed unsafe class QuantAddKernel<TStep>(QuantAddProblem problem) : Kernel where TStep : struct, IQuantAddStep
{
    private const int Step = 16;

    public override void Run(in KernelContext context)
    {
        var state = new Operands { A = (sbyte*)context.Input(0), B = (sbyte*)context.Input(1), Y = (sbyte*)context.Output(0) };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = (QuantAddKernel<TStep>)owner;
        long start = (long)chunk * Chunks.Elements;
        kernel.Add(*(Operands*)state, start, start + Chunks.Length(kernel.Count, chunk));
    }

    private long Count => problem.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(Operands operands, long start, long end)
    {
        Vector128<sbyte> low = Vector128.Create((sbyte)problem.Low), high = Vector128.Create((sbyte)problem.High);
        long i = start;
        for (; i <= end - Step; i += Step)
        {
            Vector128.Min(Vector128.Max(TStep.Add(operands.A + i, operands.B + i, problem), low), high).Store(operands.Y + i);
        }
        for (; i < end; i++)
        {
            operands.Y[i] = (sbyte)QuantAddReference.Apply(problem, operands.A[i], operands.B[i]);
        }
    }

    private struct Operands
    {
        public sbyte* A;
        public sbyte* B;
        public sbyte* Y;
    }
}
