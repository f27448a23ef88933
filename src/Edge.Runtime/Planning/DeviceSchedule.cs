namespace Edge.Runtime.Planning;

/// <summary>
/// Cuts a plan into stages and finds the copies between host and device. Both have the same arena; of every stretch it is known on
/// which side it is up to date. What a device stage reads is copied before its first step, what anybody else needs of it after its last:
/// a value holds its place in the arena from the step that writes it to the last that reads it, so nothing else is there meanwhile.
/// </summary>
internal sealed class DeviceSchedule
{
    private readonly List<PlanStage> _stages = [];
    private readonly Dictionary<ArenaBuffer, List<Stretch>> _stretches = [];

    private DeviceSchedule()
    {
    }

    public static IReadOnlyList<PlanStage> Cut(ExecutionPlan plan)
    {
        var schedule = new DeviceSchedule();
        foreach (Location input in plan.Inputs)
        {
            schedule.Write(input, onDevice: false);
        }
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            schedule.Add(plan.Steps[i], i);
        }
        foreach (Location output in plan.Outputs)
        {
            schedule.Require(output, onDevice: false);
        }
        return schedule._stages;
    }

    private void Add(PlanStep step, int index)
    {
        bool onDevice = step.IsOnDevice;
        if (_stages.Count == 0 || _stages[^1].IsOnDevice != onDevice)
        {
            _stages.Add(new PlanStage(onDevice, index));
        }
        _stages[^1].Count++;
        foreach (Location? input in step.Inputs)
        {
            Require(input, onDevice);
        }
        foreach (Location output in step.Outputs)
        {
            Write(output, onDevice);
        }
    }

    /// <summary>Copies what <paramref name="location"/> holds where it is up to date on the other side only.</summary>
    private void Require(Location? location, bool onDevice)
    {
        if (location?.Buffer is not { } buffer || !_stretches.TryGetValue(buffer, out List<Stretch>? known))
        {
            return;
        }
        ArenaRange wanted = RangeOf(location);
        for (int i = 0; i < known.Count; i++)
        {
            Stretch stretch = known[i];
            if (!stretch.Range.Overlaps(wanted) || (onDevice ? stretch.OnDevice : stretch.OnHost))
            {
                continue;
            }
            ArenaRange place = stretch.Range with { Offset = buffer.Offset + stretch.Range.Offset };
            if (onDevice)
            {
                _stages[^1].AddUpload(place);
            }
            else
            {
                _stages.Last(s => s.IsOnDevice).AddDownload(place);
            }
            known[i] = stretch with { OnHost = true, OnDevice = true };
        }
    }

    /// <summary>Notes on which side <paramref name="location"/> is up to date now; what it overwrites is forgotten.</summary>
    private void Write(Location location, bool onDevice)
    {
        if (location.Buffer is not { } buffer)
        {
            return;
        }
        ArenaRange written = RangeOf(location);
        if (!_stretches.TryGetValue(buffer, out List<Stretch>? known))
        {
            _stretches[buffer] = known = [];
        }
        List<Stretch> kept = [.. known.SelectMany(s => Without(s, written))];
        kept.Add(new Stretch(written, !onDevice, onDevice));
        _stretches[buffer] = kept;
    }

    /// <summary>What is left of a stretch outside of <paramref name="cut"/>.</summary>
    private static IEnumerable<Stretch> Without(Stretch stretch, ArenaRange cut)
    {
        if (!stretch.Range.Overlaps(cut))
        {
            yield return stretch;
            yield break;
        }
        long end = stretch.Range.Offset + stretch.Range.Bytes;
        if (stretch.Range.Offset < cut.Offset)
        {
            yield return stretch with { Range = new ArenaRange(stretch.Range.Offset, cut.Offset - stretch.Range.Offset) };
        }
        if (end > cut.Offset + cut.Bytes)
        {
            yield return stretch with { Range = new ArenaRange(cut.Offset + cut.Bytes, end - cut.Offset - cut.Bytes) };
        }
    }

    private static ArenaRange RangeOf(Location location) => new(location.Offset, location.Value.Info.Bytes);

    /// <summary>A stretch of one buffer and the sides on which it is up to date.</summary>
    private readonly record struct Stretch(ArenaRange Range, bool OnHost, bool OnDevice);
}
