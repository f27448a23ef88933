using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>What the operands of a binary function over blocks of channels may be.</summary>
internal static class BinaryBlocks
{
    /// <summary>One operand in blocks; the other in blocks, one number per channel, or a single number.</summary>
    public static bool Fits(BinaryProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Blocked8 && problem.Output.Rank > 2 && problem.Output.Count > 0
        && IsRead(problem.A, problem.LayoutA, problem.Output) && IsRead(problem.B, problem.LayoutB, problem.Output);

    /// <summary>Whether an operand has one number per channel: [C,1,1], [1,C,1,1] or [N,C,1,1].</summary>
    public static bool IsPerChannel(Shape operand, Shape output)
    {
        int lead = output.Rank - operand.Rank;
        for (int axis = 0; axis < operand.Rank; axis++)
        {
            bool isOne = operand[axis] == 1;
            bool isWhole = axis + lead < 2 && operand[axis] == output[axis + lead];
            if (!isOne && !isWhole)
            {
                return false;
            }
        }
        return lead < 2 && operand[1 - lead] == output[1];
    }

    private static bool IsRead(Shape operand, Layout layout, Shape output) =>
        layout == Layout.Blocked8 ? operand == output : operand.Count == 1 || IsPerChannel(operand, output);
}

/// <summary>
/// A binary function of float32 over blocks of channels. Operands of equal shape are walked through as they lie in memory,
/// unused lanes included; a number per channel stays in a register while its block is walked through.
/// </summary>
internal sealed unsafe class BinaryBlocks<TFormula, T> : Kernel
    where TFormula : struct, IBinaryLaneFormula
    where T : struct, ILanes<T>
{
    /// <summary>Positions of a piece: small enough for an activation to find the piece in the first-level cache.</summary>
    private const int MostPositions = 256;

    private readonly Operand _a;
    private readonly Operand _b;
    private readonly Activation _activation;
    private readonly int _channels;
    private readonly int _blocks;
    private readonly long _positions;
    private readonly long _piecesPerPlane;
    private readonly long _pieces;
    private readonly int _piecesPerChunk;

    public BinaryBlocks(BinaryProblem problem)
    {
        Shape output = problem.Output;
        _a = new Operand(problem.A, problem.LayoutA, output);
        _b = new Operand(problem.B, problem.LayoutB, output);
        _activation = problem.Activation;
        _channels = output[1];
        _blocks = Layouts.Blocks(_channels);
        _positions = output.CountRange(2, output.Rank);
        long planes = (long)output[0] * _blocks;
        if (!_a.IsPerChannel && !_b.IsPerChannel)
        {
            _positions *= planes;
            planes = 1;
        }
        _piecesPerPlane = (_positions + MostPositions - 1) / MostPositions;
        _pieces = planes * _piecesPerPlane;
        _piecesPerChunk = (int)Math.Max(1, Chunks.Elements / (Math.Min(_positions, MostPositions) * Layouts.Block));
    }

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Input(1), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, checked((int)((_pieces + _piecesPerChunk - 1) / _piecesPerChunk)));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = Unsafe.As<BinaryBlocks<TFormula, T>>(owner);
        long first = (long)chunk * kernel._piecesPerChunk;
        long end = Math.Min(kernel._pieces, first + kernel._piecesPerChunk);
        for (long piece = first; piece < end; piece++)
        {
            kernel.RunPiece((Ends*)state, piece / kernel._piecesPerPlane, piece % kernel._piecesPerPlane * MostPositions);
        }
    }

    [SkipLocalsInit]
    private void RunPiece(Ends* ends, long plane, long first)
    {
        float* lanes = stackalloc float[Layouts.Block];
        int count = (int)Math.Min(MostPositions, _positions - first) * Layouts.Block;
        long at = ((plane * _positions) + first) * Layouts.Block;
        float* a = Start(_a, ends->A, plane, at, lanes);
        float* b = Start(_b, ends->B, plane, at, lanes);
        float* target = ends->Target + at;
        switch (_a.Kind, _b.Kind)
        {
            case (OperandKind.Whole, OperandKind.Whole): BinaryLoop<TFormula, T>.VectorVector(a, b, target, count); break;
            case (OperandKind.Whole, OperandKind.Scalar): BinaryLoop<TFormula, T>.VectorScalar(a, b, target, count); break;
            case (OperandKind.Scalar, OperandKind.Whole): BinaryLoop<TFormula, T>.ScalarVector(a, b, target, count); break;
            case (OperandKind.Whole, _): VectorBlock(a, b, target, count); break;
            default: BlockVector(a, b, target, count); break;
        }
        _activation.ApplyInPlace(target, count);
    }

    /// <summary>Where an operand begins for a piece.</summary>
    /// <param name="lanes">Room for the numbers of a block with unused lanes: what lies behind the operand must not be read.</param>
    private float* Start(Operand operand, float* source, long plane, long at, float* lanes)
    {
        if (operand.Kind != OperandKind.PerChannel)
        {
            return operand.Kind == OperandKind.Whole ? source + at : source;
        }
        int channel = (int)(plane % _blocks) * Layouts.Block;
        float* values = source + (plane / _blocks * operand.ImageStride) + channel;
        if (_channels - channel >= Layouts.Block)
        {
            return values;
        }
        for (int lane = 0; lane < Layouts.Block; lane++)
        {
            lanes[lane] = lane < _channels - channel ? values[lane] : 1;
        }
        return lanes;
    }

    /// <summary>target[i] = f(a[i], b[i % 8])</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void VectorBlock(float* a, float* b, float* target, int count)
    {
        T low = T.Load(b);
        T high = T.Load(b + Layouts.Block - T.Count);
        for (long i = 0; i < count; i += Layouts.Block)
        {
            T.Store(TFormula.ApplyLanes(T.Load(a + i), low), target + i);
            if (T.Count < Layouts.Block)
            {
                T.Store(TFormula.ApplyLanes(T.Load(a + i + T.Count), high), target + i + T.Count);
            }
        }
    }

    /// <summary>target[i] = f(a[i % 8], b[i])</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlockVector(float* a, float* b, float* target, int count)
    {
        T low = T.Load(a);
        T high = T.Load(a + Layouts.Block - T.Count);
        for (long i = 0; i < count; i += Layouts.Block)
        {
            T.Store(TFormula.ApplyLanes(low, T.Load(b + i)), target + i);
            if (T.Count < Layouts.Block)
            {
                T.Store(TFormula.ApplyLanes(high, T.Load(b + i + T.Count)), target + i + T.Count);
            }
        }
    }

    private enum OperandKind : byte
    {
        Whole,
        PerChannel,
        Scalar,
    }

    private readonly struct Operand
    {
        public readonly OperandKind Kind;

        /// <summary>Elements from image to image of an operand per channel.</summary>
        public readonly long ImageStride;

        public Operand(Shape shape, Layout layout, Shape output)
        {
            Kind = layout == Layout.Blocked8 ? OperandKind.Whole
                : shape.Count == 1 ? OperandKind.Scalar
                : OperandKind.PerChannel;
            ImageStride = shape.Rank == output.Rank && shape[0] == output[0] ? output[1] : 0;
        }

        public bool IsPerChannel => Kind == OperandKind.PerChannel;
    }

    private readonly struct Ends(float* a, float* b, float* target)
    {
        public readonly float* A = a;
        public readonly float* B = b;
        public readonly float* Target = target;
    }
}
