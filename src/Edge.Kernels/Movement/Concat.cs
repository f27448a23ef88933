using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// A whole tensor seen as <paramref name="Rows"/> rows, each made of one run of bytes from every part: concatenation joins the
/// parts, splitting takes them apart.
/// </summary>
/// <param name="Rows">Product of the dimensions before the axis.</param>
/// <param name="PartBytes">Bytes per row of each part.</param>
public sealed record PartsProblem(long Rows, long[] PartBytes)
{
    /// <summary>Bytes per row of the whole.</summary>
    public long RowBytes => PartBytes.Sum();

    /// <param name="whole">Shape of the joined tensor.</param>
    /// <param name="sizes">Size of each part along <paramref name="axis"/>.</param>
    public static PartsProblem Of(Shape whole, int axis, ReadOnlySpan<int> sizes, int elementBytes)
    {
        var parts = new long[sizes.Length];
        if (whole.Count == 0)
        {
            return new PartsProblem(0, parts);
        }
        long inner = whole.CountRange(axis + 1, whole.Rank) * elementBytes;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = sizes[i] * inner;
        }
        return new PartsProblem(whole.CountRange(0, axis), parts);
    }

    public override string ToString() => $"{Rows} rows of [{string.Join(',', PartBytes)}] bytes";
}

/// <summary>Joins inputs along an axis.</summary>
public static class ConcatKernels
{
    public static readonly KernelTable<PartsProblem> Table = new(
        "concat",
        [
            new("concat_any_scalar_runs", CpuFeatures.None, _ => true, p => new PartRuns(p, joins: true)),
            new("concat_any_ref", CpuFeatures.None, _ => true, p => new PartBytes(p, joins: true)),
        ]) { Device = () => MovementDevice.Concat };
}

/// <summary>Cuts an input into outputs along an axis.</summary>
public static class SplitKernels
{
    public static readonly KernelTable<PartsProblem> Table = new(
        "split",
        [
            new("split_any_scalar_runs", CpuFeatures.None, _ => true, p => new PartRuns(p, joins: false)),
            new("split_any_ref", CpuFeatures.None, _ => true, p => new PartBytes(p, joins: false)),
        ]) { Device = () => MovementDevice.Split };
}

/// <summary>The naive row: byte by byte.</summary>
internal sealed unsafe class PartBytes(PartsProblem problem, bool joins) : Kernel
{
    public override void Run(in KernelContext context)
    {
        long whole = 0;
        for (long row = 0; row < problem.Rows; row++)
        {
            for (int part = 0; part < problem.PartBytes.Length; part++)
            {
                for (long i = 0; i < problem.PartBytes[part]; i++)
                {
                    long place = (row * problem.PartBytes[part]) + i;
                    if (joins)
                    {
                        context.Output(0)[whole++] = context.Input(part)[place];
                    }
                    else
                    {
                        context.Output(part)[place] = context.Input(0)[whole++];
                    }
                }
            }
        }
    }
}

/// <summary>One block copy per row and part; a single row that is in its place already is left alone.</summary>
internal sealed unsafe class PartRuns(PartsProblem problem, bool joins) : Kernel
{
    /// <summary>Longest run that is copied here: longer ones are worth a call.</summary>
    private const long ShortBytes = 256;

    private readonly long[] _parts = problem.PartBytes;
    private readonly long _rowBytes = problem.RowBytes;

    public override void Run(in KernelContext context)
    {
        long offset = 0;
        for (int part = 0; part < _parts.Length; part++)
        {
            long bytes = _parts[part];
            byte* piece = joins ? context.Input(part) : context.Output(part);
            byte* whole = (joins ? context.Output(0) : context.Input(0)) + offset;
            if (bytes > 0 && piece != whole)
            {
                Copy(joins ? piece : whole, joins ? bytes : _rowBytes, joins ? whole : piece, joins ? _rowBytes : bytes, bytes);
            }
            offset += bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(byte* source, long sourceStep, byte* target, long targetStep, long bytes)
    {
        long last = bytes - Vector256<byte>.Count;
        for (long row = 0; row < problem.Rows; row++)
        {
            if (last < 0 || bytes > ShortBytes)
            {
                Buffer.MemoryCopy(source, target, bytes, bytes);
            }
            else
            {
                for (long i = 0; i < last; i += Vector256<byte>.Count)
                {
                    Vector256.Load(source + i).Store(target + i);
                }
                // The last vector may overlap the one before.
                Vector256.Load(source + last).Store(target + last);
            }
            source += sourceStep;
            target += targetStep;
        }
    }
}
