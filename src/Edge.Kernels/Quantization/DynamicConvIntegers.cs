using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Finds the range of x, quantizes it image by image channels last, and sweeps the tiles of 8-bit convolution over that; their sums end in
/// float32, in blocks of eight channels or in rows of a matrix.
/// </summary>
internal sealed unsafe class DynamicConvDot<TTile, TLanes> : Kernel where TTile : struct, IDotTile where TLanes : struct, IDynamicLanes
{
    private readonly DynamicConvProblem _problem;
    private readonly DynamicImage<TLanes> _image;
    private readonly DotWeights _weights;
    private readonly DotSweep<TTile> _sweep;
    private readonly int _lanes;
    private readonly AlignedBuffer _weightScales;
    private readonly AlignedBuffer _offsets;
    private bool _isPacked;

    /// <param name="widens">The tile reads 16 bits.</param>
    public DynamicConvDot(DynamicConvProblem problem, bool widens = false)
    {
        _problem = problem;
        QuantConvProblem integers = widens ? problem.Bytes.Widened : problem.Bytes;
        var padding = new BytePadding(integers, widens: widens);
        _image = new DynamicImage<TLanes>(problem, padding);
        _weights = new DotWeights(integers, padding.RowBytes, TTile.Lanes);
        _sweep = new DotSweep<TTile>(integers, padding, _weights);
        _lanes = checked(_weights.Groups * TTile.Lanes);
        _weightScales = new AlignedBuffer((long)_lanes * sizeof(float));
        _offsets = new AlignedBuffer((long)_lanes * sizeof(float));
    }

    public override long ScratchBytes => checked(RangeBytes + (2 * LaneBytes) + _image.Bytes);

    public override long PackedBytes => _weights.Bytes + _weightScales.Bytes + _offsets.Bytes;

    private long RangeBytes => AlignedBuffer.Align(2L * sizeof(float) * _image.Pieces);

    private long LaneBytes => AlignedBuffer.Align((long)sizeof(float) * _lanes);

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
            Y = (float*)context.Output(0),
            Ranges = (float*)scratch,
            Bias = (int*)(scratch + RangeBytes),
            Scales = (float*)(scratch + RangeBytes + LaneBytes),
            Image = (sbyte*)(scratch + RangeBytes + (2 * LaneBytes)),
        };
        context.Pool.Run(this, &run, &FindRange, _image.Pieces);
        SetScale(&run);
        for (int n = 0; n < _problem.Batch; n++)
        {
            context.Pool.Run(this, &run, &QuantizeRows, _image.Items);
            context.Pool.Run(this, &run, &RunItem, _sweep.Items);
            run.X += _image.ImageFloats;
            run.Y += _problem.OutputLayout.ImageElements(_problem.OutChannels, _problem.Output.Count);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _weightScales.Dispose();
        _offsets.Dispose();
    }

    private static void FindRange(object owner, void* state, int piece)
    {
        var run = (State*)state;
        (run->Ranges[2 * piece], run->Ranges[(2 * piece) + 1]) = ((DynamicConvDot<TTile, TLanes>)owner)._image.Range(run->X, piece);
    }

    private static void QuantizeRows(object owner, void* state, int item)
    {
        var run = (State*)state;
        ((DynamicConvDot<TTile, TLanes>)owner)._image.QuantizeRows(run->X, run->Image, item, run->Scale);
    }

    private static void RunItem(object owner, void* state, int item) => ((DynamicConvDot<TTile, TLanes>)owner).RunItem(*(State*)state, item);

    private void RunItem(in State run, int item)
    {
        (int group, int first, int count) = _sweep.Part(item);
        (int channel, int channels) = _weights.OutputChannels(group);
        bool isMatrix = _problem.OutputLayout == Layout.ChannelsLast;
        long positions = _problem.Output.Count;
        long at = isMatrix ? ((long)first * _problem.OutChannels) + channel : (channel * positions) + ((long)first * Layouts.Block);
        var finish = new DotFinish
        {
            Bias = run.Bias + (group * TTile.Lanes),
            Y = (byte*)(run.Y + at),
            PixelStride = (isMatrix ? _problem.OutChannels : Layouts.Block) * sizeof(float),
            // Lanes of a block that are no channels have weights of 0.
            Channels = isMatrix ? channels : Layouts.Blocks(channels) * Layouts.Block,
            Scales = run.Scales + (group * TTile.Lanes),
            Offsets = (float*)_offsets.Data + (group * TTile.Lanes),
            BlockStride = (isMatrix ? 1 : positions) * Layouts.Block * sizeof(float),
            Least = _problem.Least,
            Most = _problem.Most,
        };
        _sweep.Run<DotFloats>(run.Image, group, first, count, finish);
    }

    /// <summary>What the range means for the sums: how many steps they begin with, and what a step is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetScale(State* run)
    {
        float min = 0;
        float max = 0;
        for (int i = 0; i < _image.Pieces; i++)
        {
            min = Math.Min(min, run->Ranges[2 * i]);
            max = Math.Max(max, run->Ranges[(2 * i) + 1]);
        }
        run->Scale = DynamicScale.Of(min, max);
        var weightScales = (float*)_weightScales.Data;
        int* sums = _weights.Bias(0);
        for (int lane = 0; lane < _lanes; lane++)
        {
            run->Bias[lane] = unchecked(-(run->Scale.Zero + TTile.InputOffset) * sums[lane]);
            run->Scales[lane] = run->Scale.Scale * weightScales[lane];
        }
    }

    private void Pack(sbyte* weights, float* scales, float* bias)
    {
        _weights.PackSums<TTile>(weights);
        for (int group = 0; group < _weights.Groups; group++)
        {
            (int first, int count) = _weights.OutputChannels(group);
            for (int i = 0; i < count; i++)
            {
                int lane = (group * TTile.Lanes) + TTile.LaneOf(i, count);
                ((float*)_weightScales.Data)[lane] = scales[first + i];
                // -0 becomes 0.
                ((float*)_offsets.Data)[lane] = (bias is null ? 0 : bias[first + i]) + 0f;
            }
        }
    }

    /// <summary>The addresses of a run; those of images move on.</summary>
    private struct State
    {
        public float* X;
        public float* Y;
        public float* Ranges;
        public int* Bias;
        public float* Scales;
        public sbyte* Image;
        public DynamicScale Scale;
    }
}
