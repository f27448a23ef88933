using Edge.Kernels.Devices;
using Edge.Runtime.Devices;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>Puts barriers where a dispatch touches what one before it wrote, or writes what one before it reads; elsewhere they may overlap.</summary>
internal sealed class DeviceHazards(ICommandList commands, bool afterUploads)
{
    private readonly List<ArenaRange> _reads = [];
    private readonly List<ArenaRange> _writes = [];
    private bool _isPending = afterUploads;

    public void Before(DeviceDispatch dispatch, DeviceBinding[] bindings, IDeviceArena arena)
    {
        var reads = new List<ArenaRange>();
        var writes = new List<ArenaRange>();
        for (int i = 0; i < bindings.Length; i++)
        {
            if (ReferenceEquals(bindings[i].Memory, arena))
            {
                (dispatch.Source.Buffers[i].IsOutput ? writes : reads).Add(new ArenaRange(bindings[i].Offset, bindings[i].Bytes));
            }
        }
        bool conflicts = reads.Exists(r => _writes.Exists(r.Overlaps)) || writes.Exists(w => _writes.Exists(w.Overlaps) || _reads.Exists(w.Overlaps));
        if (_isPending || conflicts)
        {
            commands.Barrier();
            _reads.Clear();
            _writes.Clear();
            _isPending = false;
        }
        _reads.AddRange(reads);
        _writes.AddRange(writes);
    }
}
