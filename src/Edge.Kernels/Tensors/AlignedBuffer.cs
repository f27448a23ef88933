using System.Runtime.InteropServices;

namespace Edge.Kernels.Tensors;

/// <summary>Unmanaged memory aligned to 64 bytes (one cache line, one AVX-512 register). Freed by Dispose or the finalizer.</summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    public const int Alignment = 64;

    private byte* _data;

    /// <param name="bytes">At least 0. The memory is zeroed.</param>
    public AlignedBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        // One extra cache line, so that a vector load at the last element never leaves the block.
        nuint padded = (nuint)checked(Align(bytes) + Alignment);
        _data = (byte*)NativeMemory.AlignedAlloc(padded, Alignment);
        NativeMemory.Clear(_data, padded);
        GC.AddMemoryPressure((long)padded);
    }

    ~AlignedBuffer() => Free();

    public long Bytes { get; }

    public byte* Data => _data;

    /// <summary><paramref name="bytes"/> rounded up to a multiple of <see cref="Alignment"/>.</summary>
    public static long Align(long bytes) => checked(bytes + Alignment - 1) & ~(long)(Alignment - 1);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_data is not null)
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            GC.RemoveMemoryPressure(Align(Bytes) + Alignment);
        }
    }
}
