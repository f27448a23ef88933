using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>What the slope of a function is computed from.</summary>
public enum SlopeSource : byte
{
    /// <summary>The argument x.</summary>
    Argument = 0,

    /// <summary>The result f(x), where that suffices: the argument need not be kept.</summary>
    Result = 1,
}

/// <summary>A function with a slope f'. Where f has a corner the slope is that of one side, as PyTorch has it.</summary>
public interface IDifferentiable : IUnaryFormula
{
    static abstract SlopeSource SlopeFrom { get; }

    /// <param name="v">x or f(x), as <see cref="SlopeFrom"/> says.</param>
    static abstract T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T>;

    /// <summary>The slope in double precision.</summary>
    static abstract double Slope(double v, double alpha, double beta);
}

/// <summary>The naive row: output[i] = input0[i] * f', where input 0 is the gradient of f(x) and input 1 what the slope is computed from.</summary>
internal sealed unsafe class UnaryGradientReference<TFormula, TElement>(UnaryProblem problem) : Kernel
    where TFormula : struct, IDifferentiable
    where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var gradient = (TElement*)context.Input(0);
        var source = (TElement*)context.Input(1);
        var target = (TElement*)context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            double slope = TFormula.Slope(double.CreateTruncating(source[i]), problem.Alpha, problem.Beta);
            target[i] = TElement.CreateTruncating(double.CreateTruncating(gradient[i]) * slope);
        }
    }
}

/// <summary>The gradient of a unary function of float32 over lanes, split among threads.</summary>
internal sealed unsafe class UnaryGradientKernel<TFormula, T>(UnaryProblem problem) : Kernel
    where TFormula : struct, IDifferentiable
    where T : struct, ILanes<T>
{
    private UnaryProblem Problem => problem;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Input(1), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        UnaryProblem problem = ((UnaryGradientKernel<TFormula, T>)owner).Problem;
        var ends = (Ends*)state;
        long start = (long)chunk * Chunks.Elements;
        Multiply(ends->Gradient + start, ends->Source + start, ends->Target + start, Chunks.Length(problem.Count, chunk), problem.Alpha, problem.Beta);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(float* gradient, float* source, float* target, long count, float alpha, float beta)
    {
        T a = T.Splat(alpha);
        T b = T.Splat(beta);
        long whole = count - (count % T.Count);
        for (long i = 0; i < whole; i += T.Count)
        {
            T.Store(T.Multiply(T.Load(gradient + i), TFormula.Slope(T.Load(source + i), a, b)), target + i);
        }
        if (whole < count)
        {
            Rest(gradient + whole, source + whole, target + whole, (int)(count - whole), a, b);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rest(float* gradient, float* source, float* target, int count, T alpha, T beta)
    {
        float* padded = stackalloc float[16];
        for (int i = 0; i < count; i++)
        {
            padded[i] = source[i];
        }
        T.Store(TFormula.Slope(T.Load(padded), alpha, beta), padded);
        for (int i = 0; i < count; i++)
        {
            target[i] = gradient[i] * padded[i];
        }
    }

    private readonly struct Ends(float* gradient, float* source, float* target)
    {
        public readonly float* Gradient = gradient;
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}

/// <summary>Makes the table of a differentiable function's gradient.</summary>
internal static class UnaryGradientRows
{
    public static KernelTable<UnaryProblem> Table<TFormula>() where TFormula : struct, IDifferentiable
    {
        string family = $"{TFormula.Name.ToLowerInvariant()}gradient";
        return new KernelTable<UnaryProblem>(
            family,
            new($"{family}_f32_avx2", CpuFeatures.Avx2, IsF32, p => new UnaryGradientKernel<TFormula, F32x8>(p)),
            new($"{family}_f32_v128", CpuFeatures.Simd128, IsF32, p => new UnaryGradientKernel<TFormula, F32x4>(p)),
            new($"{family}_f32_scalar", CpuFeatures.None, IsF32, p => new UnaryGradientKernel<TFormula, F32x1>(p)),
            new($"{family}_float_ref", CpuFeatures.None, p => p.Type is DataType.F32 or DataType.F64,
                p => p.Type == DataType.F64 ? new UnaryGradientReference<TFormula, double>(p) : new UnaryGradientReference<TFormula, float>(p)));
    }

    private static bool IsF32(UnaryProblem problem) => problem.Type == DataType.F32;
}
