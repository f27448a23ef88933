using Edge.Runtime.Graphs;

namespace Edge.Runtime.Execution;

/// <summary>
/// The assignment of nodes to processor and device of least estimated time: a shortest path through the nodes in order, with two
/// states. A change of sides costs a submission and the copy of what is alive between the two nodes.
/// </summary>
public static class PlacementCut
{
    /// <param name="processor">Milliseconds per node.</param>
    /// <param name="device">Milliseconds per node.</param>
    /// <param name="latency">Milliseconds per change of sides.</param>
    /// <param name="perByte">Milliseconds per byte that changes sides.</param>
    /// <returns>For every node whether the device computes it.</returns>
    public static bool[] Cheapest(Graph graph, double[] processor, double[] device, double latency, double perByte)
    {
        int count = graph.Nodes.Count;
        double[] crossing = [.. AliveBefore(graph).Select(bytes => latency + (bytes * perByte))];
        var cameFromDevice = new bool[count, 2];
        double onProcessor = 0;
        double onDevice = crossing[0];
        for (int i = 0; i < count; i++)
        {
            double switchCost = i == 0 ? crossing[0] : crossing[i];
            (double fromProcessor, double fromDevice) = (onProcessor, onDevice);
            // Before the first node everything is on the processor: onDevice has paid for its copy already.
            double change = i == 0 ? double.PositiveInfinity : switchCost;
            cameFromDevice[i, 0] = fromDevice + change < fromProcessor;
            cameFromDevice[i, 1] = fromDevice <= fromProcessor + change;
            onProcessor = Math.Min(fromProcessor, fromDevice + change) + processor[i];
            onDevice = Math.Min(fromDevice, fromProcessor + change) + device[i];
        }
        var chosen = new bool[count];
        bool side = onDevice + crossing[count] < onProcessor;
        for (int i = count - 1; i >= 0; i--)
        {
            chosen[i] = side;
            side = cameFromDevice[i, side ? 1 : 0];
        }
        return chosen;
    }

    /// <summary>Bytes that are computed before each node and read by it or later; the last entry is the outputs.</summary>
    private static long[] AliveBefore(Graph graph)
    {
        int count = graph.Nodes.Count;
        var last = new Dictionary<Value, int>();
        for (int i = 0; i < count; i++)
        {
            foreach (Value input in graph.Nodes[i].Inputs.OfType<Value>().Where(v => !v.IsConstant))
            {
                last[input] = i;
            }
        }
        foreach (Value output in graph.Outputs)
        {
            last[output] = count;
        }
        var changes = new long[count + 2];
        IEnumerable<(Value Value, int Step)> made = graph.Inputs.Select(v => (v, -1)).Concat(graph.Nodes.SelectMany((n, i) => n.Outputs.Select(v => (v, i))));
        foreach ((Value value, int step) in made)
        {
            if (value.Info.IsKnown && last.TryGetValue(value, out int end))
            {
                changes[step + 1] += value.Info.Bytes;
                changes[end + 1] -= value.Info.Bytes;
            }
        }
        var alive = new long[count + 1];
        long sum = 0;
        for (int i = 0; i <= count; i++)
        {
            sum += changes[i];
            alive[i] = sum;
        }
        return alive;
    }
}
