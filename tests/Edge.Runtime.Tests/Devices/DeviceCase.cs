using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Tests.Devices;

/// <summary>One operator with inputs and constants.</summary>
internal sealed record DeviceCase(string Name, Operator Operator, Tensor[] Inputs, Tensor[] Constants)
{
    /// <summary>Largest |a-b| / max|b| between the device and the naive row; the device must have had work.</summary>
    /// <param name="row">Row that the device has to take; null for the one it chooses.</param>
    /// <param name="weights">Type in which it keeps the constants.</param>
    /// <param name="profile">What it is taken to be good at; null for what was measured.</param>
    public double Error(IDevice device, string? row = null, DataType weights = DataType.F32, DeviceProfile? profile = null)
    {
        var graph = new Graph(Name);
        Value[] values =
        [
            .. Inputs.Select((t, i) => graph.AddInput($"x{i}", t.Info)),
            .. Constants.Select((t, i) => graph.AddConstant($"c{i}", t)),
        ];
        graph.AddOutput(graph.Add("y", Operator, values));
        using var reference = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        KernelQuery query = KernelQuery.Default with { DeviceRow = row, Profile = (profile ?? device.Profile) with { Weights = weights } };
        using var session = new InferenceSession(Planner.Plan(graph, query, _ => true), new SessionOptions { Threads = 1, Device = device });
        Assert.True(row is null || session.Plan.Steps.Any(s => s.RowName == row), $"{Name} is not computed by {row}");
        Assert.True(session.Plan.Steps.Any(s => s.IsOnDevice), $"{Name} has no device kernel");
        return GoldenCheck.RelativeError(session.Run(Inputs)[0], reference.Run(Inputs)[0]);
    }
}
