using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>Turns a graph into an <see cref="ExecutionPlan"/>: orders, places and chooses, once.</summary>
public sealed class Planner
{
    private readonly Graph _graph;
    private readonly KernelQuery _query;
    private readonly Dictionary<Value, Location> _locations = [];
    private readonly Dictionary<Value, int> _lastRead = [];
    private readonly Dictionary<Value, ArenaBuffer> _joined = [];
    private Dictionary<Value, Part> _parts = [];
    private readonly List<ArenaBuffer> _buffers = [];
    private readonly List<PlanStep> _steps = [];
    private readonly HashSet<Node> _onDevice;

    private Planner(Graph graph, KernelQuery query, HashSet<Node> onDevice)
    {
        _graph = graph;
        _query = query;
        _onDevice = onDevice;
    }

    /// <exception cref="EdgeException">No kernel can run a node, or the graph is not valid.</exception>
    /// <param name="onDevice">Nodes that a device is to compute, where it has a kernel for them; null for none.</param>
    public static ExecutionPlan Plan(Graph graph, KernelQuery query, Func<Node, bool>? onDevice = null)
    {
        (Graph expanded, Dictionary<Node, Node> originals) = WeightExpansion.Apply(graph, query);
        (Graph planned, HashSet<Node> placed) = LayoutPlanner.Plan(expanded, query, onDevice is null ? null : node => onDevice(originals.GetValueOrDefault(node, node)));
        return new Planner(planned, query, placed).Plan();
    }

    private ExecutionPlan Plan()
    {
        FindLastReads();
        _parts = JoinPlanner.Find(_graph, _query, _lastRead);
        foreach (Value input in _graph.Inputs)
        {
            _locations[input] = new Location(input, null, NewBuffer(input, -1));
        }
        bool complete = false;
        try
        {
            for (int i = 0; i < _graph.Nodes.Count; i++)
            {
                PlanNode(_graph.Nodes[i], i);
            }
            Location[] outputs = [.. _graph.Outputs.Select(Locate)];
            complete = true;
            return new ExecutionPlan(_graph, _query, [.. _steps], [.. _graph.Inputs.Select(Locate)], outputs, [.. _buffers]);
        }
        finally
        {
            if (!complete)
            {
                _steps.ForEach(s => s.Kernel?.Dispose());
            }
        }
    }

    private void FindLastReads()
    {
        for (int i = 0; i < _graph.Nodes.Count; i++)
        {
            foreach (Value input in _graph.Nodes[i].Inputs.OfType<Value>())
            {
                _lastRead[input] = i;
            }
        }
        foreach (Value output in _graph.Outputs)
        {
            _lastRead[output] = _graph.Nodes.Count;
        }
    }

    private void PlanNode(Node node, int step)
    {
        Location?[] inputs = [.. node.Inputs.Select(v => v is null ? null : Locate(v))];
        // A late step may compute a value of known shape: what reads it has no address for it before the run either.
        bool late = node.Operator.HasDataDependentShape || inputs.Any(l => l is { IsLate: true }) || node.Outputs.Any(v => !v.Info.IsKnown);
        Location[] outputs = late
            ? [.. node.Outputs.Select(v => new Location(v, null, null))]
            : [.. node.Outputs.Select((v, i) => PlaceOutput(node, v, i, inputs, step))];
        foreach (Location output in outputs)
        {
            _locations[output.Value] = output;
        }
        foreach (Location input in inputs.OfType<Location>())
        {
            input.Buffer?.ExtendTo(step);
        }
        if (late)
        {
            _steps.Add(new PlanStep(node, "late", null, inputs, outputs, null));
        }
        else if (!IsSameMemory(node, inputs, outputs) && !IsJoined(node))
        {
            _steps.Add(PrepareStep(node, inputs, outputs, step));
        }
    }

    /// <summary>
    /// A view shares the memory of its input; a part lies in the whole that it is joined to; a result computed in place takes the
    /// memory of its operand over; any other gets a buffer.
    /// </summary>
    private Location PlaceOutput(Node node, Value output, int index, Location?[] inputs, int step)
    {
        if (index == 0 && node.Operator.ViewOf is { } viewed && inputs[viewed] is { IsLate: false } source)
        {
            Tensor? constant = source.Constant?.Reshape(output.Info.KnownShape);
            Tensor? variable = source.Variable?.Reshape(output.Info.KnownShape);
            source.Buffer?.ExtendTo(LastRead(output, step));
            return new Location(output, constant, source.Buffer, source.Offset, variable);
        }
        if (PlaceJoined(output, step) is { } joined)
        {
            return joined;
        }
        if (index == 0 && FindInPlaceBuffer(node, output, inputs, step) is { } shared)
        {
            shared.ExtendTo(LastRead(output, step));
            return new Location(output, null, shared);
        }
        ArenaBuffer buffer = NewBuffer(output, step);
        return new Location(output, null, buffer);
    }

    /// <summary>The place of a part, or of a whole that has parts; null for other values.</summary>
    private Location? PlaceJoined(Value output, int step)
    {
        Value whole = output;
        long offset = 0;
        while (_parts.TryGetValue(whole, out Part part))
        {
            whole = part.Whole;
            offset += part.Offset;
        }
        if (!_joined.TryGetValue(whole, out ArenaBuffer? buffer))
        {
            if (whole == output)
            {
                return null;
            }
            buffer = NewBuffer(whole, step);
            _joined[whole] = buffer;
        }
        buffer.ExtendTo(LastRead(output, step));
        return new Location(output, null, buffer, offset);
    }

    /// <summary>Whether every input of a node was computed in its place in the output.</summary>
    private bool IsJoined(Node node) =>
        node.Inputs.All(v => v is not null && _parts.TryGetValue(v, out Part part) && part.Whole == node.Outputs[0]);

    private ArenaBuffer? FindInPlaceBuffer(Node node, Value output, Location?[] inputs, int step)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i]?.Buffer is { } buffer && node.Operator.CanRunInPlace(i)
                && buffer.Bytes == output.Info.Bytes && buffer.LastStep <= step && buffer.FirstStep < step
                && inputs.Count(other => other?.Buffer == buffer) == 1)
            {
                return buffer;
            }
        }
        return null;
    }

    private PlanStep PrepareStep(Node node, Location?[] inputs, Location[] outputs, int step)
    {
        PreparedKernel prepared = Prepare(node, inputs);
        ArenaBuffer? scratch = null;
        if (prepared.Kernel.ScratchBytes > 0)
        {
            scratch = new ArenaBuffer($"{node.Name} scratch", prepared.Kernel.ScratchBytes, step);
            _buffers.Add(scratch);
        }
        return new PlanStep(node, prepared.RowName, prepared.Kernel, inputs, outputs, scratch);
    }

    private PreparedKernel Prepare(Node node, Location?[] inputs)
    {
        Tensor?[] constants = [.. inputs.Select(l => l?.Constant)];
        TensorInfo?[] infos = [.. node.Inputs.Select(v => v?.Info)];
        KernelQuery query = _onDevice.Contains(node) && FitsDevice(node) ? _query with { OnDevice = true } : _query;
        var request = new KernelRequest(new OperatorInputs(infos, constants, node.Outputs.Count), [.. node.Outputs.Select(v => v.Info)], query);
        try
        {
            PreparedKernel prepared = node.Operator.ViewOf is { } viewed
                ? CopyKernel.Prepare(viewed, node.Outputs[0].Info.Bytes, query)
                : node.Operator.CreateKernel(request);
            prepared.Kernel.BindConstants(constants);
            return prepared;
        }
        catch (OverflowException exception)
        {
            throw new EdgeException(EdgeError.TooLarge, "a tensor has more elements than 64 bits can count", place: node.Place, inner: exception);
        }
        catch (NotSupportedException exception)
        {
            throw new EdgeException(EdgeError.NoKernel, exception.Message, place: node.Place, inner: exception);
        }
        catch (EdgeException exception)
        {
            throw exception.At(node.Place);
        }
    }

    /// <summary>Whether every tensor of a node fits a buffer of the device: else the processor computes it.</summary>
    private bool FitsDevice(Node node) => node.Inputs.Concat(node.Outputs).All(v => v is null || v.Info.Bytes <= _query.Profile.MaxBufferBytes);

    private static bool IsSameMemory(Node node, Location?[] inputs, Location[] outputs) =>
        node.Operator.ViewOf is { } viewed && inputs[viewed] is { } source
        && (outputs[0].Constant is not null || outputs[0].Variable is not null || (outputs[0].Buffer is { } buffer && buffer == source.Buffer && outputs[0].Offset == source.Offset));

    private ArenaBuffer NewBuffer(Value value, int step)
    {
        var buffer = new ArenaBuffer(value.Name, value.Info.Bytes, step);
        buffer.ExtendTo(LastRead(value, step));
        _buffers.Add(buffer);
        return buffer;
    }

    private int LastRead(Value value, int step) => Math.Max(step, _lastRead.GetValueOrDefault(value, step));

    private Location Locate(Value value)
    {
        if (value.Constant is { } constant)
        {
            return new Location(value, constant, null);
        }
        if (value.Variable is { } variable)
        {
            return new Location(value, null, null, 0, variable);
        }
        return _locations.TryGetValue(value, out Location? location)
            ? location
            : throw new EdgeException(EdgeError.InvalidGraph, $"the value '{value.Name}' is read before it is computed");
    }
}
