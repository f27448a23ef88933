using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Tests.Devices;

/// <summary>Operators of random problems, and the comparison of what a device and the naive rows make of them.</summary>
internal static class DeviceBits
{
    public static QuantConv Operator(QuantConvProblem problem) => new()
    {
        Strides = [problem.Window.Stride.H, problem.Window.Stride.W],
        Pads = [problem.Window.PadBegin.H, problem.Window.PadBegin.W, problem.Window.PadEnd.H, problem.Window.PadEnd.W],
        Dilations = [problem.Window.Dilation.H, problem.Window.Dilation.W],
        Group = problem.Groups,
        XZero = problem.XZero,
        Result = new QuantResult(0.1f, problem.YZero, problem.Low, problem.High, problem.YType),
    };

    public static QuantAdd Operator(QuantAddProblem problem) => new()
    {
        AMultiplier = problem.AMultiplier, BMultiplier = problem.BMultiplier, Offset = problem.Offset, Shift = problem.Shift, Result = new QuantResult(0.1f, 0, problem.Low, problem.High, problem.YType),
    };

    public static QuantTable Operator(QuantTableProblem problem) => new() { Result = new QuantResult(0.1f, 0, problem.Low, problem.High, problem.YType) };

    public static QuantAveragePool Operator(QuantAveragePoolProblem problem) => new()
    {
        Kernel = [problem.Window.Kernel.H, problem.Window.Kernel.W],
        Strides = [problem.Window.Stride.H, problem.Window.Stride.W],
        Pads = [problem.Window.PadBegin.H, problem.Window.PadBegin.W, problem.Window.PadEnd.H, problem.Window.PadEnd.W],
        Dilations = [problem.Window.Dilation.H, problem.Window.Dilation.W],
        CountIncludePad = problem.CountIncludePad,
        XZero = problem.XZero,
        Ratio = problem.Ratio,
        Result = new QuantResult(0.1f, problem.YZero, problem.Low, problem.High, problem.YType),
    };

    public static MaxPool Maximum(Window window) => new()
    {
        Kernel = [window.Kernel.H, window.Kernel.W],
        Strides = [window.Stride.H, window.Stride.W],
        Pads = [window.PadBegin.H, window.PadBegin.W, window.PadEnd.H, window.PadEnd.W],
        Dilations = [window.Dilation.H, window.Dilation.W],
    };

    /// <summary>Numbers around halves of <paramref name="scale"/>, where the division decides.</summary>
    public static Tensor Halves(float scale)
    {
        float[] values = [.. Enumerable.Range(-300, 600).SelectMany(i => new[] { MathF.BitDecrement((i + 0.5f) * scale), (i + 0.5f) * scale, MathF.BitIncrement((i + 0.5f) * scale) })];
        return Tensor.FromVector<float>(values);
    }

    /// <summary>The device's bytes are those of the naive rows, and the device had work.</summary>
    public static void Compare(IDevice device, Operator op, Tensor[] inputs, Tensor[] constants, SortedDictionary<string, int> rows)
    {
        var graph = new Graph("test");
        Value[] values = [.. inputs.Select((t, i) => graph.AddInput($"x{i}", t.Info)), .. constants.Select((t, i) => graph.AddConstant($"c{i}", t))];
        foreach (Value output in graph.AddNode("y", op, values, [.. Enumerable.Range(0, op is Split ? 2 : 1).Select(i => $"y{i}")]).Outputs)
        {
            graph.AddOutput(output);
        }
        using var reference = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device });
        Assert.Empty(session.Plan.Steps.Where(s => !s.IsOnDevice).Select(s => $"{op}: {s.RowName}"));
        foreach ((Tensor actual, Tensor expected) in session.Run(inputs).Zip(reference.Run(inputs)))
        {
            Assert.True(actual.ByteSpan().SequenceEqual(expected.ByteSpan()), $"{op} by {string.Join(", ", session.Plan.Steps.Select(s => s.RowName))} differs for {inputs[0].Info}");
        }
        foreach (PlanStep step in session.Plan.Steps)
        {
            rows[step.RowName] = rows.GetValueOrDefault(step.RowName) + 1;
        }
    }
}
