using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>
/// Float32 over lanes. Neighbouring axes of one kind are joined first; then the innermost axis is either reduced, and each
/// row becomes one number, or kept, and rows are combined lane by lane into the output. Results are the chunks of threads.
/// </summary>
internal sealed unsafe class ReduceLanes<TReducer, T> : Kernel
    where TReducer : struct, ILaneReducer
    where T : struct, ILanes<T>
{
    private readonly int[] _keptDims;
    private readonly long[] _keptStrides;
    private readonly int[] _setDims;
    private readonly long[] _setStrides;
    private readonly bool _innerIsReduced;
    private readonly int _rowLength;
    private readonly long _rowsPerSet;
    private readonly long _setCount;
    private readonly int _groups;

    public ReduceLanes(ReduceProblem problem)
    {
        (List<int> dims, List<bool> reduced) = Join(problem);
        long[] strides = new Shape([.. dims]).Strides();
        _innerIsReduced = reduced[^1];
        _rowLength = dims[^1];
        int[] outer = [.. Enumerable.Range(0, dims.Count - 1)];
        int[] kept = [.. outer.Where(a => !reduced[a])];
        int[] set = [.. outer.Where(a => reduced[a])];
        _keptDims = [.. kept.Select(a => dims[a])];
        _keptStrides = [.. kept.Select(a => strides[a])];
        _setDims = [.. set.Select(a => dims[a])];
        _setStrides = [.. set.Select(a => strides[a])];
        _rowsPerSet = _setDims.Aggregate(1L, (product, dim) => product * dim);
        _setCount = problem.SetCount;
        _groups = checked((int)_keptDims.Aggregate(1L, (product, dim) => product * dim));
    }

    /// <summary>Whether this row can solve a problem: some element to reduce, and not more axes than the fixed counters hold.</summary>
    public static bool Fits(ReduceProblem problem) => problem.Type == DataType.F32 && problem.Input.Count > 0 && problem.Input.Rank <= MaxAxes;

    private const int MaxAxes = 16;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunGroup, _groups);
    }

    private static (List<int> Dims, List<bool> Reduced) Join(ReduceProblem problem)
    {
        var dims = new List<int>();
        var reduced = new List<bool>();
        for (int axis = 0; axis < problem.Input.Rank; axis++)
        {
            bool isReduced = problem.Axes.Contains(axis);
            if (problem.Input[axis] == 1)
            {
                continue;
            }
            if (dims.Count > 0 && reduced[^1] == isReduced)
            {
                dims[^1] = checked(dims[^1] * problem.Input[axis]);
                continue;
            }
            dims.Add(problem.Input[axis]);
            reduced.Add(isReduced);
        }
        if (dims.Count == 0)
        {
            dims.Add(1);
            reduced.Add(true);
        }
        return (dims, reduced);
    }

    private static void RunGroup(object owner, void* state, int group)
    {
        var kernel = Unsafe.As<ReduceLanes<TReducer, T>>(owner);
        var ends = (Ends*)state;
        float* source = ends->Source + Position(group, kernel._keptDims, kernel._keptStrides);
        if (kernel._innerIsReduced)
        {
            ends->Target[group] = (float)TReducer.Finish(kernel.ReduceSet(source), kernel._setCount);
        }
        else
        {
            kernel.CombineSet(source, ends->Target + ((long)group * kernel._rowLength));
        }
    }

    /// <summary>Offset of position <paramref name="index"/> in row-major order.</summary>
    private static long Position(long index, int[] dims, long[] strides)
    {
        long offset = 0;
        for (int axis = dims.Length - 1; axis >= 0; axis--)
        {
            offset += index % dims[axis] * strides[axis];
            index /= dims[axis];
        }
        return offset;
    }

    private double ReduceSet(float* source)
    {
        double value = ReduceRow(source, _rowLength);
        for (long row = 1; row < _rowsPerSet; row++)
        {
            value = TReducer.Combine(value, ReduceRow(source + Position(row, _setDims, _setStrides), _rowLength));
        }
        return value;
    }

    private void CombineSet(float* source, float* target)
    {
        MapRow(source, target, _rowLength);
        for (long row = 1; row < _rowsPerSet; row++)
        {
            CombineRow(source + Position(row, _setDims, _setStrides), target, _rowLength);
        }
        for (int i = 0; i < _rowLength; i++)
        {
            target[i] = (float)TReducer.Finish(target[i], _setCount);
        }
    }

    /// <summary>The combined value of a contiguous row, in four independent chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ReduceRow(float* source, int count)
    {
        int i = 0;
        double value = TReducer.Identity;
        if (count >= 4 * T.Count)
        {
            T a = TReducer.MapLanes(T.Load(source));
            T b = TReducer.MapLanes(T.Load(source + T.Count));
            T c = TReducer.MapLanes(T.Load(source + (2 * T.Count)));
            T d = TReducer.MapLanes(T.Load(source + (3 * T.Count)));
            for (i = 4 * T.Count; i <= count - (4 * T.Count); i += 4 * T.Count)
            {
                a = TReducer.CombineLanes(a, TReducer.MapLanes(T.Load(source + i)));
                b = TReducer.CombineLanes(b, TReducer.MapLanes(T.Load(source + i + T.Count)));
                c = TReducer.CombineLanes(c, TReducer.MapLanes(T.Load(source + i + (2 * T.Count))));
                d = TReducer.CombineLanes(d, TReducer.MapLanes(T.Load(source + i + (3 * T.Count))));
            }
            float* lanes = stackalloc float[16];
            T.Store(TReducer.CombineLanes(TReducer.CombineLanes(a, b), TReducer.CombineLanes(c, d)), lanes);
            for (int lane = 0; lane < T.Count; lane++)
            {
                value = TReducer.Combine(value, (double)lanes[lane]);
            }
        }
        for (; i < count; i++)
        {
            value = TReducer.Combine(value, TReducer.Map((double)source[i]));
        }
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapRow(float* source, float* target, int count)
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(TReducer.MapLanes(T.Load(source + i)), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = TReducer.Map(source[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CombineRow(float* source, float* target, int count)
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(TReducer.CombineLanes(T.Load(target + i), TReducer.MapLanes(T.Load(source + i))), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = TReducer.Combine(target[i], TReducer.Map(source[i]));
        }
    }

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
