using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices.Null;

/// <summary>
/// A device that keeps memory and computes nothing: for tests of what stands around a device. It fails where it is told to, as real
/// devices do: at the n-th allocation, at the n-th program, or at the n-th run.
/// </summary>
public sealed class NullDevice : IDevice
{
    private int _allocations;
    private int _programs;

    /// <summary>The allocation that fails, counted from 1; 0 = none.</summary>
    public int FailingAllocation { get; init; }

    /// <summary>The program that cannot be compiled, counted from 1; 0 = none.</summary>
    public int FailingProgram { get; init; }

    /// <summary>The run at which the device is lost, counted from 1; 0 = none.</summary>
    public int FailingRun { get; init; }

    public DeviceInfo Info { get; init; } = new(DeviceApi.Null, "null", "none", DeviceKind.Other, long.MaxValue, long.MaxValue, 1024, 1 << 20, 1, 1, false, false, false);

    public DeviceProfile Profile => DeviceProfile.Default;

    public long Submissions { get; internal set; }

    public int LiveObjects { get; internal set; }

    public long? ReadUsedBytes() => null;

    public IDeviceArena AllocateArena(long bytes) => Allocate(bytes);

    public IDeviceMemory AllocateConstants(long bytes, IReadOnlyList<(Tensor Tensor, long Offset)> contents) => Allocate(bytes);

    public IDeviceProgram Build(KernelSource source, IReadOnlyList<int> constants) => ++_programs == FailingProgram
        ? throw new EdgeException(EdgeError.DeviceCompile, $"the null device was told not to compile {source.Name}", "use --backend cpu")
        : new NullProgram(source);

    public ICommandList CreateCommands(IDeviceArena arena) => new NullCommands(this);

    public void Dispose()
    {
    }

    private NullMemory Allocate(long bytes) => ++_allocations == FailingAllocation
        ? throw new EdgeException(EdgeError.DeviceOutOfMemory, $"the null device was told to refuse {bytes} bytes", "use --backend cpu")
        : new NullMemory(this, bytes);

    private sealed record NullProgram(KernelSource Source) : IDeviceProgram;

    private sealed unsafe class NullMemory : IDeviceArena
    {
        private readonly NullDevice _device;
        private readonly AlignedBuffer _memory;
        private bool _disposed;

        public NullMemory(NullDevice device, long bytes)
        {
            _device = device;
            _memory = new AlignedBuffer(bytes);
            device.LiveObjects++;
        }

        public long Bytes => _memory.Bytes;

        public byte* Host => _memory.Data;

        public void Dispose()
        {
            _device.LiveObjects -= _disposed ? 0 : 1;
            _disposed = true;
            _memory.Dispose();
        }
    }

    private sealed class NullCommands : ICommandList
    {
        private readonly NullDevice _device;
        private bool _disposed;

        public NullCommands(NullDevice device)
        {
            _device = device;
            device.LiveObjects++;
        }

        public void Upload(long offset, long bytes)
        {
        }

        public void Download(long offset, long bytes)
        {
        }

        public void Dispatch(IDeviceProgram program, ReadOnlySpan<DeviceBinding> bindings, ReadOnlySpan<int> arguments, Groups groups)
        {
        }

        public void Barrier()
        {
        }

        public void Finish()
        {
        }

        public void Run()
        {
            if (++_device.Submissions == _device.FailingRun)
            {
                throw new EdgeException(EdgeError.DeviceLost, "the null device was told to be lost", "open the device again, or use --backend cpu");
            }
        }

        public void Dispose()
        {
            _device.LiveObjects -= _disposed ? 0 : 1;
            _disposed = true;
        }
    }
}
