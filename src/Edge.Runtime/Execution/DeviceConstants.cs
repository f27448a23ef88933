using Edge.Kernels.Devices;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>The constants that the device steps of a plan read, copied once into a few large blocks of device memory.</summary>
internal sealed class DeviceConstants : IDisposable
{
    private const long Alignment = 256;
    private const long BlockBytes = 128 << 20;

    private readonly Dictionary<Tensor, DeviceBinding> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<IDeviceMemory> _blocks = [];

    public DeviceConstants(ExecutionPlan plan, IDevice device)
    {
        var block = new List<(Tensor Tensor, long Offset)>();
        long bytes = 0;
        long most = Math.Min(BlockBytes, device.Info.MaxBufferBytes);
        try
        {
            foreach (Tensor tensor in Constants(plan))
            {
                if (block.Count > 0 && bytes + tensor.Bytes > most)
                {
                    Allocate(device, block, bytes);
                    block.Clear();
                    bytes = 0;
                }
                block.Add((tensor, bytes));
                bytes += (tensor.Bytes + Alignment - 1) / Alignment * Alignment;
            }
            if (block.Count > 0)
            {
                Allocate(device, block, bytes);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public DeviceBinding Find(Tensor tensor) => _places[tensor];

    public void Dispose() => _blocks.ForEach(b => b.Dispose());

    private static IEnumerable<Tensor> Constants(ExecutionPlan plan)
    {
        var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (PlanStep step in plan.Steps)
        {
            if (step.Kernel is not DeviceKernel kernel)
            {
                continue;
            }
            IEnumerable<Tensor> read = kernel.Dispatches.SelectMany(d => d.Operands).Select(o => o.Kind switch
            {
                OperandKind.Packed => kernel.Packed[o.Index],
                OperandKind.Input => step.Inputs[o.Index]?.Constant,
                _ => null,
            }).OfType<Tensor>();
            foreach (Tensor tensor in read.Where(seen.Add))
            {
                yield return tensor;
            }
        }
    }

    private void Allocate(IDevice device, List<(Tensor Tensor, long Offset)> block, long bytes)
    {
        IDeviceMemory memory = device.AllocateConstants(bytes, [.. block]);
        _blocks.Add(memory);
        foreach ((Tensor tensor, long offset) in block)
        {
            _places[tensor] = new DeviceBinding(memory, offset, tensor.Bytes);
        }
    }
}
