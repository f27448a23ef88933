using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Detection;

/// <summary>
/// For each batch and class takes boxes from the highest score down and drops those that overlap one already taken by more than
/// the threshold; equal scores go by index. Inputs: boxes [N,B,4] and scores [N,C,B] (float32), most boxes per class (s64
/// scalar or null for 0), overlap threshold (float32 or null for 0), score threshold (float32 or null for none).
/// Output [taken,3] (s64): batch, class, box.
/// </summary>
/// <param name="Centers">Boxes are centre x, centre y, width, height; else two opposite corners y, x, y, x.</param>
public sealed record NonMaxSuppressionProblem(int Batch, int Classes, int Boxes, bool Centers);

/// <summary>Greedy choice of boxes.</summary>
public static class NonMaxSuppressionKernels
{
    public static readonly KernelTable<NonMaxSuppressionProblem> Table = new(
        "nonmaxsuppression",
        [
            new("nonmaxsuppression_f32_ref", CpuFeatures.None, _ => true, p => new NonMaxSuppressionReference(p)),
        ]);
}

/// <summary>The naive row: compares each candidate with every box taken of its class.</summary>
internal sealed unsafe class NonMaxSuppressionReference(NonMaxSuppressionProblem problem) : Kernel, IDataDependentKernel
{
    private readonly List<(int Batch, int Class, int Box)> _taken = [];

    public Shape[] MeasureOutputs(in KernelContext context)
    {
        _taken.Clear();
        float* boxes = (float*)context.Input(0);
        float* scores = (float*)context.Input(1);
        long most = context.Input(2) is null ? 0 : Math.Clamp(*(long*)context.Input(2), 0, problem.Boxes);
        float overlap = context.Input(3) is null ? 0 : *(float*)context.Input(3);
        float least = context.Input(4) is null ? float.NegativeInfinity : *(float*)context.Input(4);
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int c = 0; c < problem.Classes; c++)
            {
                TakeClass(n, c, boxes + ((long)n * problem.Boxes * 4), scores + ((((long)n * problem.Classes) + c) * problem.Boxes), most, overlap, least);
            }
        }
        return [new Shape(_taken.Count, 3)];
    }

    public override void Run(in KernelContext context)
    {
        long* y = (long*)context.Output(0);
        foreach ((int batch, int @class, int box) in _taken)
        {
            *y++ = batch;
            *y++ = @class;
            *y++ = box;
        }
    }

    private void TakeClass(int n, int c, float* boxes, float* scores, long most, float overlap, float least)
    {
        int first = _taken.Count;
        foreach (int box in ByScore(scores, least))
        {
            if (_taken.Count - first >= most)
            {
                return;
            }
            bool free = true;
            for (int i = first; i < _taken.Count && free; i++)
            {
                free = !(Overlap(Corners(boxes + (box * 4L)), Corners(boxes + (_taken[i].Box * 4L))) > overlap);
            }
            if (free)
            {
                _taken.Add((n, c, box));
            }
        }
    }

    private int[] ByScore(float* scores, float least)
    {
        var candidates = new List<(float Score, int Box)>();
        for (int i = 0; i < problem.Boxes; i++)
        {
            if (scores[i] > least || float.IsNegativeInfinity(least))
            {
                candidates.Add((scores[i], i));
            }
        }
        return [.. candidates.OrderByDescending(s => s.Score).Select(s => s.Box)];
    }

    private Box Corners(float* box)
    {
        if (problem.Centers)
        {
            return new Box(box[0] - (box[2] / 2), box[1] - (box[3] / 2), box[0] + (box[2] / 2), box[1] + (box[3] / 2));
        }
        return new Box(MathF.Min(box[1], box[3]), MathF.Min(box[0], box[2]), MathF.Max(box[1], box[3]), MathF.Max(box[0], box[2]));
    }

    /// <summary>Intersection over union; 0 where a box or the intersection is empty.</summary>
    private static float Overlap(Box a, Box b)
    {
        float width = MathF.Min(a.Right, b.Right) - MathF.Max(a.Left, b.Left);
        float height = MathF.Min(a.Bottom, b.Bottom) - MathF.Max(a.Top, b.Top);
        if (!(width > 0 && height > 0 && a.Area > 0 && b.Area > 0))
        {
            return 0;
        }
        float shared = width * height;
        return shared / (a.Area + b.Area - shared);
    }

    private readonly record struct Box(float Left, float Top, float Right, float Bottom)
    {
        public float Area => (Right - Left) * (Bottom - Top);
    }
}
