using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>
/// One pass per axis that changes, those that shrink first: [outer, in, inner] becomes [outer, out, inner]. Passes go back
/// and forth between two halves of the scratch; the last one writes the output.
/// </summary>
internal sealed unsafe class ResizeSeparable<TLanes> : Kernel
    where TLanes : struct, ILanes<TLanes>
{
    private readonly Pass[] _passes;
    private readonly long _count;
    private readonly long _bufferBytes;

    public ResizeSeparable(ResizeProblem problem)
    {
        int[] lengths = [.. problem.Axes.Select(a => a.Input)];
        var passes = new List<Pass>();
        long largest = 0;
        foreach (int axis in Enumerable.Range(0, lengths.Length).Where(i => !problem.Taps[i].IsIdentity).OrderBy(i => (double)problem.Axes[i].Output / problem.Axes[i].Input))
        {
            largest = Math.Max(largest, passes.Count == 0 ? 0 : new Shape(lengths).Count);
            var shape = new Shape(lengths);
            passes.Add(new Pass(problem.Taps[axis], lengths[axis], shape.CountRange(0, axis), shape.CountRange(axis + 1, lengths.Length)));
            lengths[axis] = problem.Axes[axis].Output;
        }
        _passes = [.. passes];
        _count = new Shape(lengths).Count;
        _bufferBytes = AlignedBuffer.Align(checked(largest * sizeof(float)));
    }

    public override long ScratchBytes => checked(2 * _bufferBytes);

    public override void Run(in KernelContext context)
    {
        if (_passes.Length == 0)
        {
            Buffer.MemoryCopy(context.Input(0), context.Output(0), _count * sizeof(float), _count * sizeof(float));
            return;
        }
        float* source = (float*)context.Input(0);
        for (int i = 0; i < _passes.Length; i++)
        {
            float* target = i == _passes.Length - 1 ? (float*)context.Output(0) : (float*)(context.Scratch + (i % 2 * _bufferBytes));
            var state = new State { X = source, Y = target };
            context.Pool.Run(_passes[i], &state, &Chunk, _passes[i].Chunks);
            source = target;
        }
    }

    private static void Chunk(object owner, void* state, int chunk)
    {
        var pass = (Pass)owner;
        long rows = pass.Outer * pass.Length;
        pass.Resize((State*)state, rows * chunk / pass.Chunks, rows * (chunk + 1) / pass.Chunks);
    }

    /// <summary>The resize of one axis.</summary>
    private sealed class Pass(AxisTaps taps, int input, long outer, long inner)
    {
        private readonly float[] _weights = [.. taps.Weights.Select(w => (float)w)];
        private readonly int[] _positions = taps.Positions;

        public long Outer => outer;

        public int Length => taps.Length;

        public int Chunks { get; } = (int)Math.Clamp(outer * taps.Length * inner / 8192, 1, 64);

        public void Resize(State* state, long first, long end)
        {
            fixed (float* weights = _weights)
            fixed (int* positions = _positions)
            {
                for (long row = first; row < end; row++)
                {
                    int i = (int)(row % taps.Length);
                    float* x = state->X + (row / taps.Length * input * inner);
                    float* y = state->Y + (row * inner);
                    Combine(x, y, weights + (i * taps.Count), positions + (i * taps.Count), taps.Count, inner);
                }
            }
        }

        /// <summary>y[j] = sum over t of weights[t] * x[positions[t] * inner + j].</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Combine(float* x, float* y, float* weights, int* positions, int count, long inner)
        {
            long j = 0;
            for (; j + TLanes.Count <= inner; j += TLanes.Count)
            {
                TLanes sum = TLanes.Splat(0);
                for (int t = 0; t < count; t++)
                {
                    sum = TLanes.MultiplyAdd(TLanes.Splat(weights[t]), TLanes.Load(x + (positions[t] * inner) + j), sum);
                }
                TLanes.Store(sum, y + j);
            }
            for (; j < inner; j++)
            {
                float sum = 0;
                for (int t = 0; t < count; t++)
                {
                    sum += weights[t] * x[(positions[t] * inner) + j];
                }
                y[j] = sum;
            }
        }
    }

    private struct State
    {
        public float* X;
        public float* Y;
    }
}
