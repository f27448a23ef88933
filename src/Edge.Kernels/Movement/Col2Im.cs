using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Input (planes, product of block, product of positions); output (planes, image...). Block element k at position l is added
/// to image element l * stride + k * dilation - pad, along every axis; what falls outside is dropped.
/// </summary>
/// <param name="Planes">Batch times channels.</param>
/// <param name="Positions">Places of the block along each axis.</param>
/// <param name="Pads">Elements cut off in front of each axis.</param>
public sealed record Col2ImProblem(long Planes, int[] Image, int[] Block, int[] Positions, int[] Strides, int[] Dilations, int[] Pads, DataType Type);

/// <summary>Overlapping blocks added up to an image: the transpose of im2col.</summary>
public static class Col2ImKernels
{
    public static readonly KernelTable<Col2ImProblem> Table = new(
        "col2im",
        [
            new("col2im_any_ref", CpuFeatures.None, p => p.Type is not (DataType.Bool or DataType.Unknown), p => p.Type.Visit<Visitor, Kernel>(new Visitor(p))),
        ]);

    private readonly struct Visitor(Col2ImProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new Col2ImReference<T>(problem);
    }
}

/// <summary>Clears the image and adds one element after the other.</summary>
internal sealed unsafe class Col2ImReference<T>(Col2ImProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    private readonly long _imageCount = new Shape(problem.Image).Count;
    private readonly long _blockCount = new Shape(problem.Block).Count;
    private readonly long _positionCount = new Shape(problem.Positions).Count;

    public override void Run(in KernelContext context)
    {
        var source = (T*)context.Input(0);
        var image = (T*)context.Output(0);
        for (long plane = 0; plane < problem.Planes; plane++)
        {
            new Span<T>(image, (int)_imageCount).Clear();
            for (long block = 0; block < _blockCount; block++)
            {
                for (long position = 0; position < _positionCount; position++)
                {
                    long place = Place(block, position);
                    if (place >= 0)
                    {
                        image[place] += *source;
                    }
                    source++;
                }
            }
            image += _imageCount;
        }
    }

    /// <summary>The image element of a block element at a position, or -1 outside of the image.</summary>
    private long Place(long block, long position)
    {
        long place = 0;
        long stride = 1;
        for (int axis = problem.Image.Length - 1; axis >= 0; axis--)
        {
            long index = (position % problem.Positions[axis] * problem.Strides[axis]) + (block % problem.Block[axis] * problem.Dilations[axis]) - problem.Pads[axis];
            if (index < 0 || index >= problem.Image[axis])
            {
                return -1;
            }
            place += index * stride;
            stride *= problem.Image[axis];
            position /= problem.Positions[axis];
            block /= problem.Block[axis];
        }
        return place;
    }
}
