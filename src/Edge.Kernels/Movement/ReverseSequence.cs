using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>
/// Input 0 is (time, batch, inner) or (batch, time, inner), input 1 the length of each sequence (s64): the first elements of
/// each sequence along time are reversed, the others stay.
/// </summary>
public sealed record ReverseSequenceProblem(int Time, int Batch, long InnerBytes, bool TimeFirst);

/// <summary>Reversal of sequences of different lengths.</summary>
public static class ReverseSequenceKernels
{
    public static readonly KernelTable<ReverseSequenceProblem> Table = new(
        "reversesequence",
        [
            new("reversesequence_any_ref", CpuFeatures.None, _ => true, p => new ReverseSequenceReference(p)),
        ]);
}

/// <summary>One block copy per step and sequence.</summary>
internal sealed unsafe class ReverseSequenceReference(ReverseSequenceProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var lengths = (long*)context.Input(1);
        for (int batch = 0; batch < problem.Batch; batch++)
        {
            long length = lengths[batch];
            if (length < 0 || length > problem.Time)
            {
                throw new KernelValueException($"the length of sequence {batch} is {length}, expected 0 to {problem.Time}");
            }
            for (int time = 0; time < problem.Time; time++)
            {
                long from = time < length ? length - 1 - time : time;
                Buffer.MemoryCopy(
                    context.Input(0) + Place(from, batch), context.Output(0) + Place(time, batch), problem.InnerBytes, problem.InnerBytes);
            }
        }
    }

    private long Place(long time, long batch) =>
        (problem.TimeFirst ? (time * problem.Batch) + batch : (batch * problem.Time) + time) * problem.InnerBytes;
}
