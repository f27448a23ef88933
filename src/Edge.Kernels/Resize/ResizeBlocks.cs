using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>
/// Tensors in blocks of channels, [N, C / 8, ..., 8] as they lie in memory: up to two taps along each of the two axes before the
/// lanes. The one or two input rows that an output row is made of are first resized along their length, a vector of channels at a
/// time, and kept while the following output rows are made of the same ones.
/// </summary>
internal sealed unsafe class ResizeBlocks<TLanes> : Kernel
    where TLanes : struct, ILanes<TLanes>
{
    private const int MaxChunks = 32;

    private readonly AxisPair _rows;
    private readonly AxisPair _columns;
    private readonly int _height;
    private readonly int _width;
    private readonly long _total;
    private readonly int _chunks;

    public ResizeBlocks(ResizeProblem problem)
    {
        _rows = new AxisPair(problem.Taps[^3]);
        _columns = new AxisPair(problem.Taps[^2]);
        _height = problem.Axes[^3].Input;
        _width = problem.Axes[^2].Input;
        _total = new Shape([.. problem.Axes[..^2].Select(a => a.Output)]).Count;
        _chunks = (int)Math.Clamp(_total / 8, 1, MaxChunks);
    }

    /// <summary>Two resized rows per chunk, where rows are mixed.</summary>
    public override long ScratchBytes => _rows.IsSingle ? 0 : _chunks * 2 * RowFloats * sizeof(float);

    private long RowFloats => (long)_columns.Length * Layouts.Block;

    public static bool Fits(ResizeProblem problem) =>
        problem.Type == DataType.F32 && !problem.Extrapolates && problem.Axes.Length >= 4
        && problem.Axes[^1].Input == Layouts.Block && problem.Taps[^1].IsIdentity && problem.Taps[..^3].All(t => t.IsIdentity)
        && problem.Taps[^3].Count <= 2 && problem.Taps[^2].Count <= 2;

    public override void Run(in KernelContext context)
    {
        var state = new State { X = (float*)context.Input(0), Y = (float*)context.Output(0), Scratch = (float*)context.Scratch };
        context.Pool.Run(this, &state, &Chunk, _chunks);
    }

    private static void Chunk(object owner, void* state, int chunk)
    {
        var kernel = (ResizeBlocks<TLanes>)owner;
        long first = kernel._total * chunk / kernel._chunks;
        long end = kernel._total * (chunk + 1) / kernel._chunks;
        if (kernel._rows.IsSingle)
        {
            kernel.ResizeColumns((State*)state, first, end);
        }
        else
        {
            kernel.ResizeBoth((State*)state, first, end, ((State*)state)->Scratch + (chunk * 2 * kernel.RowFloats));
        }
    }

    /// <summary>Each output row is made of one input row; one that equals the row before it is copied.</summary>
    private void ResizeColumns(State* state, long first, long end)
    {
        float* before = null;
        for (long row = first; row < end; row++)
        {
            float* source = Row(state, row, _rows.First);
            float* target = state->Y + (row * RowFloats);
            if (source == before)
            {
                Buffer.MemoryCopy(target - RowFloats, target, RowFloats * sizeof(float), RowFloats * sizeof(float));
            }
            else
            {
                ResizeRow(source, target);
            }
            before = source;
        }
    }

    private void ResizeBoth(State* state, long first, long end, float* upper)
    {
        float* lower = upper + RowFloats;
        float* upperSource = null;
        float* lowerSource = null;
        for (long row = first; row < end; row++)
        {
            float* wantedUpper = Row(state, row, _rows.First);
            float* wantedLower = Row(state, row, _rows.Second);
            if (wantedUpper == lowerSource && wantedUpper != upperSource)
            {
                float* held = upper;
                upper = lower;
                lower = held;
                upperSource = lowerSource;
                lowerSource = null;
            }
            Refresh(wantedUpper, ref upperSource, upper);
            Refresh(wantedLower, ref lowerSource, lower);
            int line = (int)(row % _rows.Length);
            Mix(upper, lower, _rows.FirstWeight[line], _rows.SecondWeight[line], state->Y + (row * RowFloats), RowFloats);
        }
    }

    /// <summary>The input row that output row <paramref name="row"/> takes by <paramref name="positions"/>.</summary>
    private float* Row(State* state, long row, int[] positions) =>
        state->X + (((row / _rows.Length * _height) + positions[row % _rows.Length]) * _width * Layouts.Block);

    private void Refresh(float* wanted, ref float* held, float* row)
    {
        if (wanted != held)
        {
            ResizeRow(wanted, row);
            held = wanted;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ResizeRow(float* source, float* target)
    {
        int width = _columns.Length;
        fixed (int* left = _columns.First, right = _columns.Second)
        fixed (float* leftWeight = _columns.FirstWeight, rightWeight = _columns.SecondWeight)
        {
            if (_columns.IsSingle)
            {
                for (int i = 0; i < width; i++, target += Layouts.Block)
                {
                    float* a = source + ((long)left[i] * Layouts.Block);
                    TLanes.Store(TLanes.Load(a), target);
                    TLanes.Store(TLanes.Load(a + Layouts.Block - TLanes.Count), target + Layouts.Block - TLanes.Count);
                }
                return;
            }
            for (int i = 0; i < width; i++, target += Layouts.Block)
            {
                float* a = source + ((long)left[i] * Layouts.Block);
                float* b = source + ((long)right[i] * Layouts.Block);
                TLanes wa = TLanes.Splat(leftWeight[i]);
                TLanes wb = TLanes.Splat(rightWeight[i]);
                for (int lane = 0; lane < Layouts.Block; lane += TLanes.Count)
                {
                    TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(a + lane), wa, TLanes.Multiply(TLanes.Load(b + lane), wb)), target + lane);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* upper, float* lower, float upperWeight, float lowerWeight, float* target, long count)
    {
        TLanes a = TLanes.Splat(upperWeight);
        TLanes b = TLanes.Splat(lowerWeight);
        for (long i = 0; i < count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(upper + i), a, TLanes.Multiply(TLanes.Load(lower + i), b)), target + i);
        }
    }

    private struct State
    {
        public float* X;
        public float* Y;
        public float* Scratch;
    }
}
