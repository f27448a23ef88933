using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>DepthToSpace and SpaceToDepth become a view, a transposition and a view.</summary>
internal static class DepthToSpaceImporter
{
    public static Value[] Import(ImportContext context)
    {
        (Shape shape, int block) = Block(context);
        bool columnsFirst = context.Node.Choice("mode", "DCR", "DCR", "CRD") == "CRD";
        if (shape[1] % ((long)block * block) != 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input is {shape}, expected channels that are a multiple of {(long)block * block}");
        }
        int depth = shape[1] / (block * block);
        int[] split = columnsFirst ? [0, depth, block, block, shape[2], shape[3]] : [0, block, block, depth, shape[2], shape[3]];
        int[] permutation = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
        return [Rearrange(context, split, permutation, [0, depth, Times(shape[2], block), Times(shape[3], block)])];
    }

    public static Value[] ImportSpaceToDepth(ImportContext context)
    {
        (Shape shape, int block) = Block(context);
        if (shape[2] % block != 0 || shape[3] % block != 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input is {shape}, expected height and width that are multiples of {block}");
        }
        int height = shape[2] / block;
        int width = shape[3] / block;
        return [Rearrange(context, [0, shape[1], height, block, width, block], [0, 3, 5, 1, 2, 4], [0, Times(shape[1], (long)block * block), height, width])];
    }

    private static Value Rearrange(ImportContext context, int[] split, int[] permutation, int[] joined)
    {
        bool empty = context.Shape(0).Count == 0;
        int batch = context.Shape(0)[0];
        if (empty)
        {
            split[0] = batch;
            joined[0] = batch;
        }
        Value view = context.Add(new Reshape { Dims = split, AllowZero = empty }, context.Input(0));
        return context.Add(new Reshape { Dims = joined, AllowZero = empty }, context.Add(new Transpose { Permutation = permutation }, view));
    }

    private static int Times(int dim, long factor) => dim * factor is <= int.MaxValue and var product
        ? (int)product
        : throw new EdgeException(EdgeError.TooLarge, $"a dimension of {dim * factor} is asked for, at most {int.MaxValue} is supported");

    private static (Shape Shape, int Block) Block(ImportContext context)
    {
        // Squares of larger blocks do not fit a dimension.
        int block = context.Node.Int("blocksize", 0, 1, 46340);
        Shape shape = context.Shape(0);
        return shape.Rank == 4
            ? (shape, block)
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the input is {shape}, expected rank 4 (batch, channels, height, width)");
    }
}
