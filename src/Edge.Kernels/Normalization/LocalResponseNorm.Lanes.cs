using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>
/// Float32 over lanes along the spatial axis. Each window is summed anew: subtracting what leaves it would lose digits.
/// Channel planes are the chunks of threads.
/// </summary>
internal sealed unsafe class LocalResponseNormLanes<T, TPower>(LocalResponseNormProblem problem) : Kernel
    where T : struct, ILanes<T>
    where TPower : struct, IResponsePower
{
    private readonly int _spatial = (int)problem.Spatial;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunPlane, (int)(problem.Batch * problem.Channels));
    }

    private static void RunPlane(object owner, void* state, int plane) => Unsafe.As<LocalResponseNormLanes<T, TPower>>(owner).Plane((Ends*)state, plane);

    private void Plane(Ends* ends, int plane)
    {
        int channel = plane % problem.Channels;
        int first = problem.First(channel);
        float* window = ends->Source + ((long)(plane - channel + first) * _spatial);
        float* source = ends->Source + ((long)plane * _spatial);
        float* target = ends->Target + ((long)plane * _spatial);
        int planes = problem.End(channel) - first;
        float* centre = stackalloc float[16];
        float* squares = stackalloc float[16];
        int i = 0;
        for (; i <= _spatial - T.Count; i += T.Count)
        {
            T sum = T.Splat(0f);
            for (int p = 0; p < planes; p++)
            {
                T x = T.Load(window + ((long)p * _spatial) + i);
                sum = T.MultiplyAdd(x, x, sum);
            }
            T.Store(Normalize(T.Load(source + i), sum), target + i);
        }
        for (int rest = i; rest < _spatial; rest++)
        {
            centre[rest - i] = source[rest];
            squares[rest - i] = 0;
            for (int p = 0; p < planes; p++)
            {
                float x = window[((long)p * _spatial) + rest];
                squares[rest - i] += x * x;
            }
        }
        T.Store(Normalize(T.Load(centre), T.Load(squares)), centre);
        for (int rest = i; rest < _spatial; rest++)
        {
            target[rest] = centre[rest - i];
        }
    }

    /// <summary>x * (bias + alpha / size * sum)^-beta</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Normalize(T x, T sum)
    {
        T @base = T.MultiplyAdd(T.Splat(problem.Alpha / problem.Size), sum, T.Splat(problem.Bias));
        return TPower.Divide(x, @base, problem.Beta);
    }

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
