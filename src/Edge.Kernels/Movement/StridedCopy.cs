using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// For every index i over <paramref name="Dims"/>: the element at byte <c>TargetOffset + sum(i * TargetStrides)</c> of the
/// output becomes the element at byte <c>SourceOffset + sum(i * SourceStrides)</c> of the input. Transposition, slicing,
/// broadcasting and tiling are all of this form. The output elements are distinct.
/// </summary>
/// <param name="Dims">Outermost first, in the order of the output.</param>
/// <param name="SourceStrides">In bytes, one per axis; zero repeats, negative walks backwards.</param>
/// <param name="TargetStrides">In bytes, one per axis.</param>
/// <param name="SourceOffset">In bytes.</param>
/// <param name="TargetOffset">In bytes.</param>
/// <param name="ElementBytes">1, 2, 4 or 8: elements are moved, not read.</param>
public sealed record StridedCopyProblem(int[] Dims, long[] SourceStrides, long[] TargetStrides, long SourceOffset, long TargetOffset, int ElementBytes)
{
    /// <summary>Number of elements that are moved.</summary>
    public long Count => new Shape(Dims).Count;

    /// <summary>A dense output of shape <paramref name="output"/> that is read with <paramref name="strides"/>.</summary>
    /// <param name="strides">In elements of the input, one per output axis.</param>
    /// <param name="offset">In elements of the input.</param>
    public static StridedCopyProblem Gathering(Shape output, ReadOnlySpan<long> strides, long offset, int elementBytes)
    {
        if (output.Count == 0)
        {
            return new StridedCopyProblem([0], [0], [0], 0, 0, elementBytes);
        }
        var source = new long[output.Rank];
        long[] target = output.Strides();
        for (int i = 0; i < source.Length; i++)
        {
            source[i] = strides[i] * elementBytes;
            target[i] *= elementBytes;
        }
        return new StridedCopyProblem(output.ToArray(), source, target, offset * elementBytes, 0, elementBytes);
    }

    /// <summary>The same copy with as few axes and as large elements as possible; at least one axis.</summary>
    public StridedCopyProblem Simplify()
    {
        if (Count == 0)
        {
            return new StridedCopyProblem([0], [0], [0], 0, 0, ElementBytes);
        }
        var axes = new List<(int Dim, long Source, long Target)>();
        for (int i = 0; i < Dims.Length; i++)
        {
            (int Dim, long Source, long Target) axis = (Dims[i], SourceStrides[i], TargetStrides[i]);
            if (axis.Dim == 1)
            {
                continue;
            }
            bool merges = axes.Count > 0 && axes[^1].Source == axis.Source * axis.Dim && axes[^1].Target == axis.Target * axis.Dim
                && (long)axes[^1].Dim * axis.Dim <= int.MaxValue;
            if (merges)
            {
                axes[^1] = (axes[^1].Dim * axis.Dim, axis.Source, axis.Target);
            }
            else
            {
                axes.Add(axis);
            }
        }
        int elementBytes = ElementBytes;
        if (axes.Count > 0 && axes[^1].Source == elementBytes && axes[^1].Target == elementBytes && (long)axes[^1].Dim * elementBytes is 2 or 4 or 8)
        {
            elementBytes *= axes[^1].Dim;
            axes.RemoveAt(axes.Count - 1);
        }
        if (axes.Count == 0)
        {
            axes.Add((1, elementBytes, elementBytes));
        }
        return new StridedCopyProblem([.. axes.Select(a => a.Dim)], [.. axes.Select(a => a.Source)], [.. axes.Select(a => a.Target)], SourceOffset, TargetOffset, elementBytes);
    }

    public override string ToString() =>
        $"{new Shape(Dims)} of {ElementBytes} bytes, source [{string.Join(',', SourceStrides)}]+{SourceOffset}, target [{string.Join(',', TargetStrides)}]+{TargetOffset}";
}

/// <summary>Copies between strided views.</summary>
public static class StridedCopyKernels
{
    public static readonly KernelTable<StridedCopyProblem> Table = new(
        "stridedcopy",
        [
            new("stridedcopy_any_scalar_runs", CpuFeatures.None, StridedRuns.Fits, p => new StridedRuns(p.Simplify())),
            new("stridedcopy_any_v128_4x4_x32", CpuFeatures.Simd128, p => StridedTiles.Fits(p, 4, 4), p => new StridedTilesX32(p.Simplify())),
            new("stridedcopy_any_v128_triples_x8", CpuFeatures.Simd128, StridedTriplesX8.Fits, p => new StridedTriplesX8(p.Simplify())),
            new("stridedcopy_any_scalar_tiles_x8", CpuFeatures.None, p => StridedTiles.Fits(p, 1, 2), p => new StridedTiles<byte>(p.Simplify())),
            new("stridedcopy_any_scalar_tiles_x16", CpuFeatures.None, p => StridedTiles.Fits(p, 2, 2), p => new StridedTiles<ushort>(p.Simplify())),
            new("stridedcopy_any_scalar_tiles_x32", CpuFeatures.None, p => StridedTiles.Fits(p, 4, 2), p => new StridedTiles<uint>(p.Simplify())),
            new("stridedcopy_any_scalar_tiles_x64", CpuFeatures.None, p => StridedTiles.Fits(p, 8, 2), p => new StridedTiles<ulong>(p.Simplify())),
            new("stridedcopy_any_scalar_x8", CpuFeatures.None, p => p.Simplify().ElementBytes == 1, p => new StridedElements<byte>(p.Simplify())),
            new("stridedcopy_any_scalar_x16", CpuFeatures.None, p => p.Simplify().ElementBytes == 2, p => new StridedElements<ushort>(p.Simplify())),
            new("stridedcopy_any_scalar_x32", CpuFeatures.None, p => p.Simplify().ElementBytes == 4, p => new StridedElements<uint>(p.Simplify())),
            new("stridedcopy_any_scalar_x64", CpuFeatures.None, p => p.Simplify().ElementBytes == 8, p => new StridedElements<ulong>(p.Simplify())),
            new("stridedcopy_any_ref", CpuFeatures.None, _ => true, p => new StridedCopyReference(p)),
        ]) { Device = () => MovementDevice.StridedCopy };
}
