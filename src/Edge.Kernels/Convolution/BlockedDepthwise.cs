using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>Makes the depthwise rows of <see cref="ConvKernels"/> that work on blocks of channels.</summary>
internal static class BlockedDepthwise
{
    /// <summary>One output channel per input channel, in H and W.</summary>
    public static bool Fits(ConvProblem problem) =>
        problem.Type == DataType.F32 && problem.InputLayout == Layout.Blocked8 && problem.OutputLayout == Layout.Blocked8 && !problem.IsEmpty
        && problem.IsDepthwise && problem.GroupOutChannels == 1 && BlockedConv.HasGoodShape(problem) && BandFits(problem);

    public static Kernel Create<TLanes>(ConvProblem problem) where TLanes : struct, ILanes<TLanes> =>
        Epilogues.Visit<Factory<TLanes>, Kernel>(problem.Activation.Kind, new Factory<TLanes>(problem));

    /// <summary>Whether the rows that one output row reads stay small; they do unless dilation or padding is out of all proportion.</summary>
    private static bool BandFits(ConvProblem problem) =>
        problem.Window.Span(1) * (double)((problem.Output.W * (double)problem.Window.Stride.W) + problem.Window.Span(2)) < 1 << 18;

    private readonly struct Factory<TLanes>(ConvProblem problem) : IEpilogueVisitor<Kernel>
        where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new BlockedDepthwise<TLanes, TEpilogue>(problem);
    }
}

/// <summary>
/// A tile is a band of output rows of one block of channels. Where windows reach beyond the input, the rows that the band reads
/// are copied first, with their padding; they stay in the first-level cache.
/// </summary>
internal sealed unsafe class BlockedDepthwise<TLanes, TEpilogue> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private const int Block = Layouts.Block;

    /// <summary>Bytes of the rows that a band reads.</summary>
    private const long BandBytes = 48 * 1024;

    /// <summary>Multiply-adds of eight channels below which a tile is not worth claiming alone.</summary>
    private const long LeastWork = 4_000;

    private readonly ConvProblem _problem;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;
    private readonly int _blocks;
    private readonly int _width;
    private readonly bool _copies;
    private readonly int _bandRows;
    private readonly int _bands;
    private readonly int _planesPerTile;
    private readonly long _planes;
    private bool _hasWeights;
    private bool _hasBias;

    public BlockedDepthwise(ConvProblem problem) : base(problem.HasResidual ? 4 : problem.HasBias ? 3 : 2)
    {
        _problem = problem;
        _blocks = Layouts.Blocks(problem.OutChannels);
        _weights = new AlignedBuffer(checked(_blocks * Block * problem.Window.Kernel.Count * sizeof(float)));
        _bias = new AlignedBuffer((long)_blocks * Block * sizeof(float));
        Window window = problem.Window;
        int outputs = (problem.Output.W + 3) / 4 * 4;
        int reach = checked((int)(((outputs - 1L) * window.Stride.W) + window.Span(2)));
        long rows = ((problem.Output.H - 1L) * window.Stride.H) + window.Span(1);
        // Rows are read up to a multiple of four outputs.
        _copies = window.PadBegin != Extent.Zero || reach > problem.Input.W || rows > problem.Input.H;
        _width = _copies ? reach : problem.Input.W;
        long perRow = (long)_width * Block * sizeof(float) * window.Stride.H;
        _bandRows = (int)Math.Clamp((BandBytes - (window.Span(1) * _width * Block * sizeof(float))) / perRow, 1, problem.Output.H);
        _bands = (problem.Output.H + _bandRows - 1) / _bandRows;
        _planes = (long)problem.Batch * _blocks;
        long work = _bandRows * (long)problem.Output.W * window.Kernel.Count;
        _planesPerTile = _bands > 1 ? 1 : (int)Math.Clamp(LeastWork / Math.Max(1, work), 1, Math.Max(1, _planes / 8));
        long scratch = _copies ? (((_bandRows - 1L) * window.Stride.H) + window.Span(1)) * _width * Block * sizeof(float) : 0;
        SetTiles((_planes + _planesPerTile - 1) / _planesPerTile * _bands, scratch);
    }

    public override long PackedBytes => _weights.Bytes + _bias.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights)
        {
            Pack((float*)weights.Data);
            _hasWeights = true;
        }
        if (_problem.HasBias && inputs[2] is { } bias)
        {
            Buffer.MemoryCopy(bias.Data, _bias.Data, _bias.Bytes, bias.Bytes);
            _hasBias = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_hasWeights)
        {
            Pack((float*)context.Input(1));
        }
        if (_problem.HasBias && !_hasBias)
        {
            Buffer.MemoryCopy(context.Input(2), _bias.Data, _bias.Bytes, _problem.OutChannels * sizeof(float));
        }
        base.Run(context);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = (long)(tile / _bands) * _planesPerTile;
        long last = Math.Min(_planes, first + _planesPerTile);
        for (long plane = first; plane < last; plane++)
        {
            RunBand(arguments, plane, tile % _bands * _bandRows, (float*)scratch);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _bias.Dispose();
    }

    /// <summary>(channels, taps) to (blocks, taps, 8).</summary>
    private void Pack(float* source)
    {
        int taps = (int)_problem.Window.Kernel.Count;
        float* target = (float*)_weights.Data;
        for (int c = 0; c < _problem.OutChannels; c++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                target[(((c / Block * taps) + tap) * Block) + (c % Block)] = source[(c * taps) + tap];
            }
        }
    }

    private void RunBand(in TileArguments arguments, long plane, int firstRow, float* scratch)
    {
        int block = (int)(plane % _blocks);
        Extent output = _problem.Output;
        Window window = _problem.Window;
        int rows = Math.Min(_bandRows, output.H - firstRow);
        float* x = arguments.Input(0) + (plane * _problem.Input.Count * Block);
        if (_copies)
        {
            CopyRows(x, (firstRow * window.Stride.H) - window.PadBegin.H, checked((int)(((rows - 1L) * window.Stride.H) + window.Span(1))), scratch);
            x = scratch;
        }
        else
        {
            x += (long)firstRow * window.Stride.H * _width * Block;
        }
        long at = ((plane * output.Count) + ((long)firstRow * output.W)) * Block;
        for (int lane = 0; lane < Block; lane += TLanes.Count)
        {
            RunRows(new DepthwiseRows
            {
                X = x + lane,
                NextX = (long)window.Stride.H * _width * Block,
                RowStep = (long)_width * Block * window.Dilation.H,
                Stride = window.Stride.W * Block,
                TapStep = window.Dilation.W * Block,
                W = (float*)_weights.Data + (block * window.Kernel.Count * Block) + lane,
                Bias = (float*)_bias.Data + (block * Block) + lane,
                Y = (float*)arguments.Output + at + lane,
                Residual = _problem.HasResidual ? arguments.Input(3) + at + lane : null,
                Rows = rows,
                Count = output.W,
                KernelH = window.Kernel.H,
                KernelW = window.Kernel.W,
                Alpha = _problem.Activation.Alpha,
                Beta = _problem.Activation.Beta,
            });
        }
        if (Epilogues.IsSeparate(_problem.Activation.Kind))
        {
            _problem.Activation.ApplyInPlace((float*)arguments.Output + at, (long)rows * output.W * Block);
        }
    }

    private void RunRows(in DepthwiseRows rows)
    {
        Extent kernel = _problem.Window.Kernel;
        switch (kernel.H, _problem.Window.Dilation.W == 1 ? kernel.W : 0, _problem.Window.Stride.W)
        {
            case (3, 3, 1):
                DepthwiseRows<TLanes, TEpilogue>.Run3x3(rows);
                break;
            case (3, 3, 2):
                DepthwiseRows<TLanes, TEpilogue>.Run3x3Stride2(rows);
                break;
            case (_, 5, 1):
                DepthwiseRows<TLanes, TEpilogue>.Run5(rows);
                break;
            case (_, 5, 2):
                DepthwiseRows<TLanes, TEpilogue>.Run5Stride2(rows);
                break;
            default:
                DepthwiseRows<TLanes, TEpilogue>.Run(rows);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CopyRows(float* source, int firstRow, int rows, float* target)
    {
        int left = Math.Min(_problem.Window.PadBegin.W, _width) * Block;
        int count = Math.Max(0, Math.Min(_problem.Input.W * Block, (_width * Block) - left));
        int rowFloats = _width * Block;
        TLanes zero = TLanes.Splat(0);
        for (int row = firstRow; row < firstRow + rows; row++, target += rowFloats)
        {
            // Rows are short: a loop of vectors is over before a call to copy memory has begun.
            bool isInside = (uint)row < (uint)_problem.Input.H;
            float* from = source + ((long)row * _problem.Input.W * Block);
            int i = 0;
            for (; i < (isInside ? left : rowFloats); i += TLanes.Count)
            {
                TLanes.Store(zero, target + i);
            }
            for (int end = isInside ? left + count : 0; i < end; i += TLanes.Count, from += TLanes.Count)
            {
                TLanes.Store(TLanes.Load(from), target + i);
            }
            for (; i < rowFloats; i += TLanes.Count)
            {
                TLanes.Store(zero, target + i);
            }
        }
    }
}
