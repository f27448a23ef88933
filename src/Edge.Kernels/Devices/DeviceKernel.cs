using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Devices;

/// <summary>What a buffer parameter is bound to.</summary>
public enum OperandKind
{
    Input,
    Output,
    Scratch,

    /// <summary>A tensor made by <see cref="DeviceKernel.BindConstants"/>.</summary>
    Packed,
}

/// <param name="Index">Which input, output or packed tensor.</param>
/// <param name="Offset">Bytes from its start; a multiple of 4.</param>
public readonly record struct Operand(OperandKind Kind, int Index = 0, long Offset = 0)
{
    public static Operand Input(int index, long offset = 0) => new(OperandKind.Input, index, offset);

    public static Operand Output(int index = 0, long offset = 0) => new(OperandKind.Output, index, offset);

    public static Operand Packed(int index = 0) => new(OperandKind.Packed, index);

    public static Operand Scratch(long offset = 0) => new(OperandKind.Scratch, 0, offset);
}

/// <summary>Number of work groups along each axis, each at least 1 and at most 65535.</summary>
public readonly record struct Groups(int X, int Y = 1, int Z = 1)
{
    /// <summary>The most that every Vulkan device has.</summary>
    public const int Most = 65535;

    /// <summary>Enough groups for <paramref name="count"/> work items; kernels loop over what is left.</summary>
    public static Groups For(long count, int perGroup) => new((int)Math.Clamp((count + perGroup - 1) / perGroup, 1, 16384));
}

/// <summary>One launch of a kernel.</summary>
/// <param name="Constants">One per constant of the source.</param>
/// <param name="Operands">One per buffer of the source.</param>
/// <param name="Arguments">One word per argument of the source; floats by their bits.</param>
public sealed record DeviceDispatch(KernelSource Source, int[] Constants, Operand[] Operands, int[] Arguments, Groups Groups);

/// <summary>A kernel that a device computes in one or more dispatches, in order. It cannot run on the CPU.</summary>
/// <param name="dispatches">Launches, in order.</param>
/// <param name="scratchBytes">Working memory in the arena.</param>
/// <param name="pack">Makes tables and packed weights of the constant inputs (null where an input is not constant).</param>
public sealed class DeviceKernel(DeviceDispatch[] dispatches, long scratchBytes = 0, Func<Tensor?[], Tensor[]>? pack = null) : Kernel
{
    public IReadOnlyList<DeviceDispatch> Dispatches => dispatches;

    public IReadOnlyList<Tensor> Packed { get; private set; } = [];

    public override long ScratchBytes => scratchBytes;

    public override long PackedBytes => Packed.Sum(t => t.Bytes);

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs) => Packed = pack?.Invoke(inputs.ToArray()) ?? [];

    public override void Run(in KernelContext context) => throw new NotSupportedException("a device kernel runs on its device");

    /// <summary>A kernel of one dispatch.</summary>
    public static DeviceKernel Of(string source, int[] constants, Operand[] operands, int[] arguments, Groups groups) =>
        new([new DeviceDispatch(KernelSources.Find(source), constants, operands, arguments, groups)]);
}

/// <summary>Words for arguments of kernels.</summary>
public static class Words
{
    /// <summary>Most elements of a tensor on a device: kernels count in 32 bits.</summary>
    public const long MostElements = int.MaxValue / 2;

    /// <summary>The bits of a float.</summary>
    public static int Of(float value) => BitConverter.SingleToInt32Bits(value);

    /// <summary>1 or 0.</summary>
    public static int Of(bool value) => value ? 1 : 0;

    /// <summary>1 for s16, which kernels read and write two in a word; 0 for types of 8 bits, four in a word.</summary>
    public static int IsWide(DataType type) => Of(type == DataType.S16);
}
