using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Losses;

/// <summary>What training makes small. The numbers are persisted: they may only grow.</summary>
public enum LossKind : byte
{
    /// <summary>-sum of w * t * log softmax(x), the softmax along each row.</summary>
    CrossEntropy = 0,

    /// <summary>sum of w * (log(1 + exp(x)) - t * x): binary cross-entropy of sigmoid(x) against t.</summary>
    BinaryCrossEntropy = 1,

    /// <summary>sum of w * (x - t)^2.</summary>
    SquaredError = 2,
}

/// <summary>
/// A loss of predictions x against targets t with weights w, all (Rows, Columns). The weights hold whatever the sum is to be divided
/// by; label smoothing and class weights are in t and w.
/// </summary>
public sealed record LossProblem(DataType Type, LossKind Kind, long Rows, int Columns);

/// <summary>The loss. Inputs: x, t, w; output: one element.</summary>
public static class LossKernels
{
    public static readonly KernelTable<LossProblem> Table = new(
        "loss",
        new KernelRow<LossProblem>("loss_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new LossReference<float>(p)),
        new KernelRow<LossProblem>("loss_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new LossReference<double>(p)));
}

/// <summary>Gradient of the loss by the predictions. Inputs: x, t, w; output: dx.</summary>
public static class LossGradientKernels
{
    public static readonly KernelTable<LossProblem> Table = new(
        "lossgradient",
        new KernelRow<LossProblem>("lossgradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new LossGradientReference<float>(p)),
        new KernelRow<LossProblem>("lossgradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new LossGradientReference<double>(p)));
}

/// <summary>Reads the inputs of a loss as double.</summary>
internal abstract unsafe class LossRows<T>(LossProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    protected LossProblem Problem => problem;

    /// <summary>Largest element of a row and log(sum of exp(x - largest)).</summary>
    protected (double Largest, double Log) Normalizer(T* row)
    {
        double largest = double.NegativeInfinity;
        for (int c = 0; c < problem.Columns; c++)
        {
            largest = Math.Max(largest, double.CreateTruncating(row[c]));
        }
        double sum = 0;
        for (int c = 0; c < problem.Columns; c++)
        {
            sum += Math.Exp(double.CreateTruncating(row[c]) - largest);
        }
        return (largest, Math.Log(sum));
    }
}

/// <summary>The sum, in double precision.</summary>
internal sealed unsafe class LossReference<T>(LossProblem problem) : LossRows<T>(problem) where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        double sum = 0;
        for (long row = 0; row < Problem.Rows; row++)
        {
            long start = row * Problem.Columns;
            sum += Row((T*)context.Input(0) + start, (T*)context.Input(1) + start, (T*)context.Input(2) + start);
        }
        *(T*)context.Output(0) = T.CreateTruncating(sum);
    }

    private double Row(T* prediction, T* target, T* weight)
    {
        (double largest, double log) = Problem.Kind == LossKind.CrossEntropy ? Normalizer(prediction) : default;
        double sum = 0;
        for (int c = 0; c < Problem.Columns; c++)
        {
            double x = double.CreateTruncating(prediction[c]);
            double t = double.CreateTruncating(target[c]);
            double w = double.CreateTruncating(weight[c]);
            sum += Problem.Kind switch
            {
                // A class that does not count adds 0 even where its probability is 0.
                LossKind.CrossEntropy => w * t == 0 ? 0 * x : -w * t * (x - largest - log),
                LossKind.BinaryCrossEntropy => w * (Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))) - (t * x)),
                _ => w * (x - t) * (x - t),
            };
        }
        return sum;
    }
}

/// <summary>The gradient, in double precision.</summary>
internal sealed unsafe class LossGradientReference<T>(LossProblem problem) : LossRows<T>(problem) where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        for (long row = 0; row < Problem.Rows; row++)
        {
            long start = row * Problem.Columns;
            Row((T*)context.Input(0) + start, (T*)context.Input(1) + start, (T*)context.Input(2) + start, (T*)context.Output(0) + start);
        }
    }

    private void Row(T* prediction, T* target, T* weight, T* gradient)
    {
        double largest = 0;
        double log = 0;
        double total = 0;
        if (Problem.Kind == LossKind.CrossEntropy)
        {
            (largest, log) = Normalizer(prediction);
            for (int c = 0; c < Problem.Columns; c++)
            {
                total += double.CreateTruncating(target[c]) * double.CreateTruncating(weight[c]);
            }
        }
        for (int c = 0; c < Problem.Columns; c++)
        {
            double x = double.CreateTruncating(prediction[c]);
            double t = double.CreateTruncating(target[c]);
            double w = double.CreateTruncating(weight[c]);
            gradient[c] = T.CreateTruncating(Problem.Kind switch
            {
                LossKind.CrossEntropy => (Math.Exp(x - largest - log) * total) - (w * t),
                LossKind.BinaryCrossEntropy => w * ((1 / (1 + Math.Exp(-x))) - t),
                _ => 2 * w * (x - t),
            });
        }
    }
}
