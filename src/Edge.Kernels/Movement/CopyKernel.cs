using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>Output 0 is a byte copy of one input.</summary>
/// <param name="input">Index of the input.</param>
/// <param name="bytes">Number of bytes.</param>
public sealed unsafe class CopyKernel(int input, long bytes) : Kernel
{
    /// <summary>The same, prepared for this processor or, where <paramref name="query"/> asks for it and words of four bytes do, for a device.</summary>
    public static PreparedKernel Prepare(int input, long bytes, KernelQuery query) => query.OnDevice && MovementDevice.FitsCopy(bytes)
        ? new PreparedKernel("copy_x32_device", MovementDevice.CopyAll(input, bytes))
        : new PreparedKernel("copy_bytes_scalar", new CopyKernel(input, bytes));

    public override void Run(in KernelContext context) =>
        Buffer.MemoryCopy(context.Input(input), context.Output(0), bytes, bytes);
}
