using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Movement;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>Makes the depthwise rows of <see cref="ConvKernels"/>: each output channel reads one input channel.</summary>
internal static class ConvDepthwise
{
    public static bool Fits(ConvProblem problem) =>
        problem.Type == DataType.F32 && problem.IsPlanar && !problem.IsEmpty && problem.IsDepthwise && WindowRows.Fits(problem.Output, problem.Window);

    public static Kernel Create<TLanes>(ConvProblem problem) where TLanes : struct, ILanes<TLanes> =>
        Epilogues.Visit<Factory<TLanes>, Kernel>(problem.Activation.Kind, new Factory<TLanes>(problem));

    private readonly struct Factory<TLanes>(ConvProblem problem) : IEpilogueVisitor<Kernel>
        where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new ConvDepthwise<TLanes, TEpilogue>(problem);
    }
}

/// <summary>
/// Copies the input rows that a band of output rows reads into padded rows, split by phase of the stride, so that every tap
/// of neighbouring outputs is a contiguous load. Then four output rows by one vector are summed in registers.
/// </summary>
internal sealed unsafe class ConvDepthwise<TLanes, TEpilogue> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private const int RowBlock = 4;

    private readonly ConvProblem _problem;
    private readonly WindowRows _rows;
    private readonly AlignedBuffer _tapOffsets;
    private readonly int _taps;
    private readonly int _planesPerTile;
    private readonly long _planes;

    public ConvDepthwise(ConvProblem problem) : base(problem.HasResidual ? 4 : problem.HasBias ? 3 : 2)
    {
        _problem = problem;
        _rows = new WindowRows(problem.Input, problem.Output, problem.Window, TLanes.Count);
        _taps = (int)problem.Taps;
        _tapOffsets = _rows.TapOffsets();
        _planes = (long)problem.Batch * problem.OutChannels;
        _planesPerTile = _rows.PlanesPerTile(_planes);
        SetTiles((_planes + _planesPerTile - 1) / _planesPerTile * _rows.Bands, _rows.ScratchFloats * sizeof(float));
    }

    public override long PackedBytes => _tapOffsets.Bytes;

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = (long)(tile / _rows.Bands) * _planesPerTile;
        long last = Math.Min(_planes, first + _planesPerTile);
        for (long plane = first; plane < last; plane++)
        {
            RunBand(arguments, plane, tile % _rows.Bands, (float*)scratch);
        }
    }

    protected override void Dispose(bool disposing) => _tapOffsets.Dispose();

    private void RunBand(in TileArguments arguments, long plane, int band, float* scratch)
    {
        long image = plane / _problem.OutChannels;
        int channel = (int)(plane % _problem.OutChannels);
        long source = (image * _problem.InChannels) + (channel / _problem.GroupOutChannels);
        int rows = _rows.Fill(arguments.Input(0) + (source * _problem.Input.Count), band, 0, scratch);
        Extent output = _problem.Output;
        long at = (plane * output.Count) + _rows.FirstOutput(band);
        var finish = new TileFinish
        {
            C = (float*)arguments.Output + at,
            Stride = output.W,
            Addend = _problem.HasBias ? arguments.Input(2) + channel : null,
            AddendScale = 1,
            Residual = _problem.HasResidual ? arguments.Input(3) + at : null,
            Last = true,
            Alpha = _problem.Activation.Alpha,
            Beta = _problem.Activation.Beta,
        };
        float* w = arguments.Input(1) + ((long)channel * _taps);
        for (int column = 0; column < output.W; column += TLanes.Count)
        {
            int row = 0;
            for (; row <= rows - RowBlock; row += RowBlock)
            {
                SumRows(scratch + (row * _rows.RowStep) + column, w, finish.At(row, column), output.W - column);
            }
            for (; row < rows; row++)
            {
                SumRow(scratch + (row * _rows.RowStep) + column, w, finish.At(row, column), output.W - column);
            }
        }
        if (Epilogues.IsSeparate(_problem.Activation.Kind))
        {
            _problem.Activation.ApplyInPlace(finish.C, (long)rows * output.W);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumRows(float* x, float* w, in TileFinish finish, int columns)
    {
        int* offsets = (int*)_tapOffsets.Data;
        long step = _rows.RowStep;
        TLanes sum0 = TLanes.Splat(0), sum1 = TLanes.Splat(0), sum2 = TLanes.Splat(0), sum3 = TLanes.Splat(0);
        int taps = _taps;
        for (int t = 0; t < taps; t++)
        {
            TLanes factor = TLanes.Splat(w[t]);
            float* tap = x + offsets[t];
            sum0 = TLanes.MultiplyAdd(factor, TLanes.Load(tap), sum0);
            sum1 = TLanes.MultiplyAdd(factor, TLanes.Load(tap + step), sum1);
            tap += 2 * step;
            sum2 = TLanes.MultiplyAdd(factor, TLanes.Load(tap), sum2);
            sum3 = TLanes.MultiplyAdd(factor, TLanes.Load(tap + step), sum3);
        }
        Store(sum0, finish, 0, columns);
        Store(sum1, finish, 1, columns);
        Store(sum2, finish, 2, columns);
        Store(sum3, finish, 3, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumRow(float* x, float* w, in TileFinish finish, int columns)
    {
        int* offsets = (int*)_tapOffsets.Data;
        TLanes sum = TLanes.Splat(0);
        int taps = _taps;
        for (int t = 0; t < taps; t++)
        {
            sum = TLanes.MultiplyAdd(TLanes.Splat(w[t]), TLanes.Load(x + offsets[t]), sum);
        }
        Store(sum, finish, 0, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TLanes sum, in TileFinish finish, int row, int columns)
    {
        if (columns >= TLanes.Count)
        {
            TileFinish.Store<TLanes, TEpilogue>(sum, finish, row, 0);
        }
        else
        {
            StorePart(sum, finish, row, columns);
        }
    }

    [SkipLocalsInit]
    private static void StorePart(TLanes sum, in TileFinish finish, int row, int columns)
    {
        float* lanes = stackalloc float[TLanes.Count];
        TLanes.Store(sum, lanes);
        for (int i = 0; i < columns; i++)
        {
            TileFinish.Store<F32x1, TEpilogue>(F32x1.Load(lanes + i), finish, row, i);
        }
    }
}
