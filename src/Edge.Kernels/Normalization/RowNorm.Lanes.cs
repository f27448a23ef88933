using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>Float32 over lanes. Rows are the chunks of threads.</summary>
internal sealed unsafe class RowNormLanes<T>(RowNormProblem problem) : Kernel where T : struct, ILanes<T>
{
    public override void Run(in KernelContext context)
    {
        var ends = new Ends(
            (float*)context.Input(0),
            problem.Scale == RowScale.None ? null : (float*)context.Input(1),
            problem.HasBias ? (float*)context.Input(2) : null,
            (float*)context.Output(0),
            problem.Outputs > 1 ? (float*)context.Output(1) : null,
            problem.Outputs > 2 ? (float*)context.Output(2) : null);
        context.Pool.Run(this, &ends, &RunRow, (int)problem.Rows);
    }

    private static void RunRow(object owner, void* state, int row) => Unsafe.As<RowNormLanes<T>>(owner).Normalize((Ends*)state, row);

    private void Normalize(Ends* ends, int row)
    {
        int length = problem.Length;
        float* source = ends->Source + ((long)row * length);
        float* target = ends->Target + ((long)row * length);
        float mean = problem.Centered ? AffineRow<T>.Sum(source, length) / length : 0;
        float variance = AffineRow<T>.SumOfSquares(source, length, mean) / length;
        var factor = (float)(1 / Math.Sqrt((double)variance + problem.Epsilon));
        if (ends->Means is not null)
        {
            ends->Means[row] = mean;
        }
        if (ends->Factors is not null)
        {
            ends->Factors[row] = factor;
        }
        switch (problem.Scale)
        {
            case RowScale.None:
                AffineRow<T>.Apply(source, target, length, mean, factor, 0);
                break;
            case RowScale.PerElement:
                AffineRow<T>.ApplyEach(source, target, length, mean, factor, ends->Scales, ends->Biases);
                break;
            default:
                ScaleRuns(ends, row, source, target, mean, factor);
                break;
        }
    }

    private void ScaleRuns(Ends* ends, int row, float* source, float* target, float mean, float factor)
    {
        int runs = problem.Run == 0 ? 0 : problem.Length / problem.Run;
        for (int run = 0; run < runs; run++)
        {
            long index = (((long)row * runs) + run) % problem.Scales;
            long start = (long)run * problem.Run;
            float bias = ends->Biases is null ? 0 : ends->Biases[index];
            AffineRow<T>.Apply(source + start, target + start, problem.Run, mean, factor * ends->Scales[index], bias);
        }
    }

    private readonly struct Ends(float* source, float* scales, float* biases, float* target, float* means, float* factors)
    {
        public readonly float* Source = source;
        public readonly float* Scales = scales;
        public readonly float* Biases = biases;
        public readonly float* Target = target;
        public readonly float* Means = means;
        public readonly float* Factors = factors;
    }
}
