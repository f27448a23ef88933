using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y = q * (scale * unit) in float32, one scale for each group of adjacent elements of a row: (float)scale * unit is rounded once, the product
/// with q once more. Inputs: q (u8, [rows, bytes of a row]: two's complement; of 4 bits, the lower half of a byte is the earlier element), scales
/// (f16, [rows, groups of a row]). The last group of a row may be shorter.
/// </summary>
/// <param name="Rows">At least 0.</param>
/// <param name="Row">Elements of a row.</param>
/// <param name="Bits">4 or 8.</param>
/// <param name="Group">Elements that share a scale, at least 1.</param>
/// <param name="Unit">What a scale of 1 stands for; finite, positive.</param>
public sealed record GroupDequantizeProblem(int Rows, int Row, int Bits, int Group, float Unit)
{
    public int RowBytes => Bits == 8 ? Row : (Row + 1) / 2;

    public int RowGroups => (int)(((long)Row + Group - 1) / Group);
}

/// <summary>Small integers in groups to float32.</summary>
public static class GroupDequantizeKernels
{
    public static readonly KernelTable<GroupDequantizeProblem> Table = new(
        "groupdequantize",
        [
            new("groupdequantize_int_v128_s4", CpuFeatures.Simd128, p => p.Bits == 4 && p.Group % GroupDequantizeV128.Step == 0, p => new GroupDequantizeV128(p)),
            new("groupdequantize_int_ref", CpuFeatures.None, _ => true, p => new GroupDequantizeReference(p)),
        ]);
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class GroupDequantizeReference(GroupDequantizeProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        for (int row = 0; row < problem.Rows; row++)
        {
            byte* q = context.Input(0) + ((long)row * problem.RowBytes);
            Half* scales = (Half*)context.Input(1) + ((long)row * problem.RowGroups);
            float* y = (float*)context.Output(0) + ((long)row * problem.Row);
            for (int i = 0; i < problem.Row; i++)
            {
                y[i] = Element(q, i, problem.Bits) * ((float)scales[i / problem.Group] * problem.Unit);
            }
        }
    }

    /// <summary>The integer at position <paramref name="index"/> of a row.</summary>
    public static int Element(byte* row, int index, int bits)
    {
        if (bits == 8)
        {
            return (sbyte)row[index];
        }
        int nibble = (row[index / 2] >> (index % 2 * 4)) & 15;
        return (nibble ^ 8) - 8;
    }
}

/// <summary>Groups of a multiple of 16 elements of 4 bits, 16 at a time.</summary>
internal sealed unsafe class GroupDequantizeV128(GroupDequantizeProblem problem) : Kernel
{
    public const int Step = 16;

    public override void Run(in KernelContext context)
    {
        var operands = new Operands { Q = context.Input(0), Scales = (Half*)context.Input(1), Y = (float*)context.Output(0) };
        context.Pool.Run(this, &operands, &RunRow, problem.Rows);
    }

    private static void RunRow(object owner, void* state, int row)
    {
        GroupDequantizeProblem problem = ((GroupDequantizeV128)owner).Problem;
        var operands = (Operands*)state;
        Expand(problem, operands->Q + ((long)row * problem.RowBytes), operands->Scales + ((long)row * problem.RowGroups), operands->Y + ((long)row * problem.Row));
    }

    private GroupDequantizeProblem Problem => problem;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand(GroupDequantizeProblem problem, byte* q, Half* scales, float* y)
    {
        int i = 0;
        for (; i <= problem.Row - Step; i += Step)
        {
            Vector128<float> scale = Vector128.Create((float)scales[i / problem.Group] * problem.Unit);
            // Bytes of two elements to words of one each: the lower half stays, the upper half moves to the upper byte.
            Vector128<ushort> pairs = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)(q + (i / 2))).AsByte());
            Vector128<byte> nibbles = ((pairs | (pairs << 4)) & Vector128.Create((ushort)0x0F0F)).AsByte();
            Vector128<sbyte> values = (nibbles ^ Vector128.Create((byte)8)).AsSByte() - Vector128.Create((sbyte)8);
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(values);
            Store(low, scale, y + i);
            Store(high, scale, y + i + 8);
        }
        for (; i < problem.Row; i++)
        {
            y[i] = GroupDequantizeReference.Element(q, i, 4) * ((float)scales[i / problem.Group] * problem.Unit);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> values, Vector128<float> scale, float* target)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(values);
        (Vector128.ConvertToSingle(low) * scale).Store(target);
        (Vector128.ConvertToSingle(high) * scale).Store(target + 4);
    }

    private struct Operands
    {
        public byte* Q;
        public Half* Scales;
        public float* Y;
    }
}
