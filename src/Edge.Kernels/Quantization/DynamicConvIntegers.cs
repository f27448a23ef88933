using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Finds the range of x, quantizes it image by image channels last, and lets <see cref="DynamicProducts"/> sum over that; the sums end in float32, in
/// blocks of eight channels or in rows of a matrix.
/// </summary>
internal sealed unsafe class DynamicConvIntegers<TLanes> : Kernel where TLanes : struct, IDynamicLanes
{
    private readonly DynamicConvProblem _problem;
    private readonly DynamicProducts _products;
    private readonly DynamicImage<TLanes> _image;
    private readonly AlignedBuffer _weightScales;
    private readonly AlignedBuffer _offsets;
    private bool _isPacked;

    public DynamicConvIntegers(DynamicConvProblem problem, DynamicProducts products)
    {
        _problem = problem;
        _products = products;
        _image = new DynamicImage<TLanes>(problem, products.Padding);
        _weightScales = new AlignedBuffer((long)products.Lanes * sizeof(float));
        _offsets = new AlignedBuffer((long)products.Lanes * sizeof(float));
    }

    public override long ScratchBytes => checked(RangeBytes + (2 * LaneBytes) + ImageBytes + _products.ScratchBytes);

    public override long PackedBytes => _products.PackedBytes + _weightScales.Bytes + _offsets.Bytes;

    private long RangeBytes => AlignedBuffer.Align(2L * sizeof(float) * _image.Pieces);

    private long LaneBytes => AlignedBuffer.Align((long)sizeof(float) * _products.Lanes);

    private long ImageBytes => AlignedBuffer.Align(_image.Bytes);

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        Tensor? bias = _problem.HasBias ? inputs[3] : null;
        if (inputs[1] is { } weights && inputs[2] is { } scales && (bias is not null || !_problem.HasBias))
        {
            Pack((sbyte*)weights.Data, (float*)scales.Data, bias is null ? null : (float*)bias.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            Pack((sbyte*)context.Input(1), (float*)context.Input(2), _problem.HasBias ? (float*)context.Input(3) : null);
        }
        byte* scratch = context.Scratch;
        var run = new State
        {
            X = (float*)context.Input(0),
            Ranges = (float*)scratch,
            Image = (sbyte*)(scratch + RangeBytes + (2 * LaneBytes)),
        };
        context.Pool.Run(this, &run, &FindRange, _image.Pieces);
        DotFinish finish = Finish(context.Output(0), scratch + RangeBytes);
        run.Scale = SetScale(run.Ranges, finish);
        for (int n = 0; n < _problem.Batch; n++)
        {
            context.Pool.Run(this, &run, &QuantizeRows, _image.Items);
            _products.Run(context.Pool, run.Image, (byte*)run.Image + ImageBytes, finish);
            run.X += _image.ImageFloats;
            finish.Y += _problem.OutputLayout.ImageElements(_problem.OutChannels, _problem.Output.Count) * sizeof(float);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _products.Dispose();
        _weightScales.Dispose();
        _offsets.Dispose();
    }

    private static void FindRange(object owner, void* state, int piece)
    {
        var run = (State*)state;
        (run->Ranges[2 * piece], run->Ranges[(2 * piece) + 1]) = ((DynamicConvIntegers<TLanes>)owner)._image.Range(run->X, piece);
    }

    private static void QuantizeRows(object owner, void* state, int item)
    {
        var run = (State*)state;
        ((DynamicConvIntegers<TLanes>)owner)._image.QuantizeRows(run->X, run->Image, item, run->Scale);
    }

    /// <param name="numbers">What sums begin with, and what a step of each lane is.</param>
    private DotFinish Finish(byte* y, byte* numbers)
    {
        bool isMatrix = _problem.OutputLayout == Layout.ChannelsLast;
        return new DotFinish
        {
            Bias = (int*)numbers,
            Scales = (float*)(numbers + LaneBytes),
            Offsets = (float*)_offsets.Data,
            Y = y,
            PixelStride = (isMatrix ? _problem.OutChannels : Layouts.Block) * sizeof(float),
            BlockStride = (isMatrix ? 1L : _problem.Output.Count) * Layouts.Block * sizeof(float),
            Channels = isMatrix ? _problem.OutChannels : Layouts.Blocks(_problem.OutChannels) * Layouts.Block,
            Least = _problem.Least,
            Most = _problem.Most,
        };
    }

    /// <summary>What the range means for the sums: how many steps they begin with, and what a step is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private DynamicScale SetScale(float* ranges, in DotFinish finish)
    {
        float min = 0;
        float max = 0;
        for (int i = 0; i < _image.Pieces; i++)
        {
            min = Math.Min(min, ranges[2 * i]);
            max = Math.Max(max, ranges[(2 * i) + 1]);
        }
        var scale = DynamicScale.Of(min, max);
        var weightScales = (float*)_weightScales.Data;
        int* sums = _products.Sums;
        int lanes = _products.Lanes;
        int zero = -(scale.Zero + _products.InputOffset);
        // Groups have 16 lanes or 32.
        for (int lane = 0; lane < lanes; lane += 8)
        {
            (Vector256.Load(sums + lane) * zero).Store(finish.Bias + lane);
            (Vector256.Load(weightScales + lane) * scale.Scale).Store(finish.Scales + lane);
        }
        return scale;
    }

    private void Pack(sbyte* weights, float* scales, float* bias)
    {
        _products.Pack(weights);
        ReadOnlySpan<int> laneOf = _products.LaneOf;
        for (int channel = 0; channel < laneOf.Length; channel++)
        {
            ((float*)_weightScales.Data)[laneOf[channel]] = scales[channel];
            // -0 becomes 0.
            ((float*)_offsets.Data)[laneOf[channel]] = (bias is null ? 0 : bias[channel]) + 0f;
        }
    }

    /// <summary>The addresses of a run; that of the image moves on.</summary>
    private struct State
    {
        public float* X;
        public float* Ranges;
        public sbyte* Image;
        public DynamicScale Scale;
    }
}
