using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Kernels.Movement;

/// <summary>Three planes of bytes become one of triples, as pictures in colour have them: 16 positions are nine shuffles.</summary>
internal sealed unsafe class StridedTriplesX8(StridedCopyProblem problem) : StridedTiles<byte>(problem)
{
    private const int Lanes = 16;

    public static bool Fits(StridedCopyProblem problem)
    {
        StridedCopyProblem simple = problem.Simplify();
        return StridedTiles.Fits(problem, 1, 3) && simple.Dims[^1] == 3 && simple.TargetStrides[StridedTiles.RowAxis(simple)] == 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void CopyStrip(byte* source, byte* target, int rows)
    {
        if (rows != Lanes)
        {
            CopyRectangle(source, target, rows, Columns);
            return;
        }
        Vector128<byte> a = Vector128.Load(source), b = Vector128.Load(source + SourcePitch), c = Vector128.Load(source + (2 * SourcePitch));
        (Vector128.Shuffle(a, Vector128.Create((byte)0, 255, 255, 1, 255, 255, 2, 255, 255, 3, 255, 255, 4, 255, 255, 5))
            | Vector128.Shuffle(b, Vector128.Create((byte)255, 0, 255, 255, 1, 255, 255, 2, 255, 255, 3, 255, 255, 4, 255, 255))
            | Vector128.Shuffle(c, Vector128.Create((byte)255, 255, 0, 255, 255, 1, 255, 255, 2, 255, 255, 3, 255, 255, 4, 255))).Store(target);
        (Vector128.Shuffle(a, Vector128.Create((byte)255, 255, 6, 255, 255, 7, 255, 255, 8, 255, 255, 9, 255, 255, 10, 255))
            | Vector128.Shuffle(b, Vector128.Create((byte)5, 255, 255, 6, 255, 255, 7, 255, 255, 8, 255, 255, 9, 255, 255, 10))
            | Vector128.Shuffle(c, Vector128.Create((byte)255, 5, 255, 255, 6, 255, 255, 7, 255, 255, 8, 255, 255, 9, 255, 255))).Store(target + Lanes);
        (Vector128.Shuffle(a, Vector128.Create((byte)255, 11, 255, 255, 12, 255, 255, 13, 255, 255, 14, 255, 255, 15, 255, 255))
            | Vector128.Shuffle(b, Vector128.Create((byte)255, 255, 11, 255, 255, 12, 255, 255, 13, 255, 255, 14, 255, 255, 15, 255))
            | Vector128.Shuffle(c, Vector128.Create((byte)10, 255, 255, 11, 255, 255, 12, 255, 255, 13, 255, 255, 14, 255, 255, 15))).Store(target + (2 * Lanes));
    }
}
