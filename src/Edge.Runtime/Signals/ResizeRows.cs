using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Runtime.Signals;

/// <summary>The two passes of a resize over single rows, in 128-bit lanes. Integer sums: every form gives the same bits.</summary>
internal static class ResizeRows
{
    /// <summary>Bytes behind a row that may be read, and are ignored.</summary>
    public const int Padding = 16;

    private const int Half = 1 << (ResizeFilter.PrecisionBits - 1);

    /// <summary>Filters along a row: target pixel i is the filter's pixel <paramref name="first"/> + i.</summary>
    /// <param name="row">Source pixels, and <see cref="Padding"/> bytes more.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AlongRow(ReadOnlySpan<byte> row, int channels, ResizeFilter filter, int first, int count, Span<byte> target)
    {
        if (channels == 1)
        {
            AlongGrayRow(row, filter, first, count, target);
            return;
        }
        for (int x = 0; x < count; x++)
        {
            ReadOnlySpan<int> weights = filter.Weights(first + x);
            ReadOnlySpan<byte> samples = row[(filter.Starts[first + x] * 3)..];
            Vector128<int> sum = Vector128.Create(Half);
            for (int i = 0; i < weights.Length; i++)
            {
                // R, G, B and a byte of the next pixel, which lands in the lane that nobody reads.
                uint four = Unsafe.ReadUnaligned<uint>(ref MemoryMarshal.GetReference(samples.Slice(3 * i, 4)));
                Vector128<int> pixel = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(four).AsByte())).AsInt32();
                sum += pixel * weights[i];
            }
            sum = Clamp(sum >> ResizeFilter.PrecisionBits);
            (target[3 * x], target[(3 * x) + 1], target[(3 * x) + 2]) = ((byte)sum[0], (byte)sum[1], (byte)sum[2]);
        }
    }

    /// <summary>The weighted sum of rows.</summary>
    /// <param name="rows">Of equal length, at least that of the target; one per weight, from <paramref name="firstRow"/> on, modulo their number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AcrossRows(byte[][] rows, int firstRow, ReadOnlySpan<int> weights, Span<byte> target)
    {
        int x = 0;
        for (; x <= target.Length - 8; x += 8)
        {
            Vector128<int> low = Vector128.Create(Half);
            Vector128<int> high = low;
            for (int i = 0; i < weights.Length; i++)
            {
                byte[] row = rows[(firstRow + i) % rows.Length];
                Vector128<ushort> wide = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref row[x])).AsByte());
                low += Vector128.WidenLower(wide).AsInt32() * weights[i];
                high += Vector128.WidenUpper(wide).AsInt32() * weights[i];
            }
            low = Clamp(low >> ResizeFilter.PrecisionBits);
            high = Clamp(high >> ResizeFilter.PrecisionBits);
            Vector128<byte> bytes = Vector128.Narrow(Vector128.Narrow(low, high).AsUInt16(), Vector128<ushort>.Zero);
            Unsafe.WriteUnaligned(ref target[x], bytes.AsUInt64()[0]);
        }
        for (; x < target.Length; x++)
        {
            int sum = Half;
            for (int i = 0; i < weights.Length; i++)
            {
                sum += rows[(firstRow + i) % rows.Length][x] * weights[i];
            }
            target[x] = (byte)Math.Clamp(sum >> ResizeFilter.PrecisionBits, 0, 255);
        }
    }

    private static void AlongGrayRow(ReadOnlySpan<byte> row, ResizeFilter filter, int first, int count, Span<byte> target)
    {
        for (int x = 0; x < count; x++)
        {
            ReadOnlySpan<int> weights = filter.Weights(first + x);
            ReadOnlySpan<byte> samples = row[filter.Starts[first + x]..];
            int sum = Half;
            for (int i = 0; i < weights.Length; i++)
            {
                sum += samples[i] * weights[i];
            }
            target[x] = (byte)Math.Clamp(sum >> ResizeFilter.PrecisionBits, 0, 255);
        }
    }

    private static Vector128<int> Clamp(Vector128<int> value) => Vector128.Max(Vector128.Min(value, Vector128.Create(255)), Vector128<int>.Zero);
}
