using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>
/// Two taps along each of the two innermost axes. The two input rows that an output row lies between are first resized along
/// their length and kept while the following output rows lie between the same ones; then they are mixed lane by lane.
/// </summary>
internal sealed unsafe class ResizeBilinear<TLanes> : Kernel
    where TLanes : struct, ILanes<TLanes>
{
    private const int MaxChunks = 32;

    private readonly AxisPair _rows;
    private readonly AxisPair _columns;
    private readonly int _inputHeight;
    private readonly int _inputWidth;
    private readonly long _total;
    private readonly int _chunks;

    public ResizeBilinear(ResizeProblem problem)
    {
        _rows = new AxisPair(problem.Taps[^2]);
        _columns = new AxisPair(problem.Taps[^1]);
        _inputHeight = problem.Axes[^2].Input;
        _inputWidth = problem.Axes[^1].Input;
        _total = new Shape([.. problem.Axes[..^1].Select(a => a.Output)]).Count;
        _chunks = (int)Math.Clamp(_total / 16, 1, MaxChunks);
    }

    public override long ScratchBytes => _chunks * ChunkBytes;

    /// <summary>Two resized rows.</summary>
    private long ChunkBytes => 2 * RowBytes;

    private long RowBytes => AlignedBuffer.Align((long)_columns.Length * sizeof(float));

    public override void Run(in KernelContext context)
    {
        var state = new State { X = (float*)context.Input(0), Y = (float*)context.Output(0), Scratch = context.Scratch };
        context.Pool.Run(this, &state, &Chunk, _chunks);
    }

    private static void Chunk(object owner, void* state, int chunk)
    {
        var kernel = (ResizeBilinear<TLanes>)owner;
        long first = kernel._total * chunk / kernel._chunks;
        long end = kernel._total * (chunk + 1) / kernel._chunks;
        kernel.ResizeRows((State*)state, first, end, chunk);
    }

    private void ResizeRows(State* state, long first, long end, int chunk)
    {
        int height = _rows.Length;
        int width = _columns.Length;
        float* upper = (float*)(state->Scratch + (chunk * ChunkBytes));
        float* lower = (float*)((byte*)upper + RowBytes);
        float* upperSource = null;
        float* lowerSource = null;
        for (long row = first; row < end; row++)
        {
            int line = (int)(row % height);
            float* plane = state->X + (row / height * _inputHeight * _inputWidth);
            float* wantedUpper = plane + ((long)_rows.First[line] * _inputWidth);
            float* wantedLower = plane + ((long)_rows.Second[line] * _inputWidth);
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
            Mix(upper, lower, _rows.FirstWeight[line], _rows.SecondWeight[line], state->Y + (row * width), width);
        }
    }

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
        fixed (int* left = _columns.First, right = _columns.Second)
        fixed (float* leftWeight = _columns.FirstWeight, rightWeight = _columns.SecondWeight)
        {
            for (int i = 0; i < _columns.Length; i++)
            {
                target[i] = (source[left[i]] * leftWeight[i]) + (source[right[i]] * rightWeight[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* upper, float* lower, float upperWeight, float lowerWeight, float* target, int count)
    {
        TLanes a = TLanes.Splat(upperWeight);
        TLanes b = TLanes.Splat(lowerWeight);
        int i = 0;
        for (; i + TLanes.Count <= count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(upper + i), a, TLanes.Multiply(TLanes.Load(lower + i), b)), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = (upper[i] * upperWeight) + (lower[i] * lowerWeight);
        }
    }

    private struct State
    {
        public float* X;
        public float* Y;
        public byte* Scratch;
    }
}
