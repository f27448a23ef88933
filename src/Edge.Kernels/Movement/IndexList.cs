using System.Diagnostics.CodeAnalysis;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Indices that an input holds at run time.</summary>
/// <param name="data">First index.</param>
/// <param name="type">s32 or s64.</param>
internal readonly unsafe struct IndexList(byte* data, DataType type)
{
    public long this[long i] => type == DataType.S64 ? ((long*)data)[i] : ((int*)data)[i];

    /// <summary>Index <paramref name="i"/> counted from the front of a dimension of size <paramref name="dim"/>; negative ones count from the end.</summary>
    /// <exception cref="KernelValueException">It lies outside.</exception>
    public long Resolve(long i, long dim)
    {
        long value = this[i];
        long place = value < 0 ? value + dim : value;
        if ((ulong)place >= (ulong)dim)
        {
            ThrowOutside(i, value, dim);
        }
        return place;
    }

    [DoesNotReturn]
    private static void ThrowOutside(long i, long value, long dim) =>
        throw new KernelValueException(dim == 0
            ? $"index {value} at place {i} selects from an axis of size 0"
            : $"index {value} at place {i} is out of range, expected {-dim} to {dim - 1}");
}
