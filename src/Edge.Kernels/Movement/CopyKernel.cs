using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>Output 0 is a byte copy of one input.</summary>
/// <param name="input">Index of the input.</param>
/// <param name="bytes">Number of bytes.</param>
public sealed unsafe class CopyKernel(int input, long bytes) : Kernel
{
    public override void Run(in KernelContext context) =>
        Buffer.MemoryCopy(context.Input(input), context.Output(0), bytes, bytes);
}
