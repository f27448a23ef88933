using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Adds up the columns of input 0 (batch, channels * block, positions), which are blocks of an image, to images (batch, channels, image...).</summary>
public sealed record Col2Im : Operator
{
    public const string Name = "Col2Im";

    /// <summary>Size of the image along each axis, at least 1.</summary>
    public required int[] Image { get; init; }

    /// <summary>Size of a block along each axis, at least 1.</summary>
    public required int[] Block { get; init; }

    /// <summary>At least 1 for each axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>At least 1 for each axis.</summary>
    public required int[] Dilations { get; init; }

    /// <summary>For every axis the number in front, then for every axis the number behind; at least 0.</summary>
    public required int[] Pads { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Col2Im
    {
        Image = reader.RequiredInts("image"),
        Block = reader.RequiredInts("block"),
        Strides = reader.RequiredInts("strides"),
        Dilations = reader.RequiredInts("dilations"),
        Pads = reader.RequiredInts("pads"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("image", Image);
        writer.Ints("block", Block);
        writer.Ints("strides", Strides);
        writer.Ints("dilations", Dilations);
        writer.Ints("pads", Pads);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape output = request.OutputShape();
        long planes = output.Count == 0 ? 0 : output.CountRange(0, 2);
        return Col2ImKernels.Table.Prepare(
            new Col2ImProblem(planes, Image, Block, Positions(), Strides, Dilations, Pads[..Image.Length], request.Inputs.Type(0)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        int axes = Image.Length;
        bool counts = Block.Length == axes && Strides.Length == axes && Dilations.Length == axes && Pads.Length == 2 * axes && axes > 0;
        if (!counts || Image.Concat(Block).Concat(Strides).Concat(Dilations).Any(v => v < 1) || Pads.Any(p => p < 0))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"image [{string.Join(',', Image)}], block [{string.Join(',', Block)}], strides [{string.Join(',', Strides)}], dilations [{string.Join(',', Dilations)}] and pads [{string.Join(',', Pads)}] do not fit: one value each per axis of the image (pads two), at least 1 (pads 0)");
        }
        Shape shape = inputs.Shape(0);
        long block = new Shape(Block).Count;
        long positions = new Shape(Positions()).Count;
        if (shape.Rank != 3 || shape[1] % block != 0 || shape[2] != positions)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input 0 is {shape}, expected (batch, a multiple of {block}, {positions})", "check the model's input shape");
        }
        return [new TensorInfo(inputs.Type(0), new Shape([shape[0], (int)(shape[1] / block), .. Image]))];
    }

    /// <summary>Places of the block along each axis.</summary>
    private int[] Positions() =>
    [
        .. Image.Select((image, i) =>
        {
            long span = (long)image + Pads[i] + Pads[Image.Length + i] - ((long)Dilations[i] * (Block[i] - 1)) - 1;
            return span < 0 ? 0 : MovementRules.Dim((span / Strides[i]) + 1, $"the number of positions along axis {i}");
        }),
    ];
}
