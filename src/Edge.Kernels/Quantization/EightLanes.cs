using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Kernels.Quantization;

/// <summary>Eight integers of 8 or 16 bits (sbyte, short) as 16-bit or 32-bit lanes.</summary>
internal static unsafe class EightLanes
{
    public const int Count = 8;

    /// <summary>Eight integers; no byte behind them is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Load<T>(T* source) where T : unmanaged => typeof(T) == typeof(sbyte)
        ? Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(source)).AsSByte())
        : Vector128.Load((short*)source);

    /// <summary>Stores eight integers that lie within the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector128<int> low, Vector128<int> high, T* target) where T : unmanaged
    {
        Vector128<short> words = Vector128.Narrow(low, high);
        if (typeof(T) == typeof(sbyte))
        {
            Unsafe.WriteUnaligned(target, Vector128.Narrow(words, words).AsInt64().ToScalar());
        }
        else
        {
            words.Store((short*)target);
        }
    }
}
