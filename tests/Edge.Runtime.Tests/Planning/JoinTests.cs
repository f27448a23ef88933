using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Planning;

/// <summary>Values that are joined are computed in their places. The oracle has every value as an output, so that nothing shares memory.</summary>
public class JoinTests
{
    [Theory]
    [InlineData(8, 16, 0)]
    [InlineData(16, 9, 0)]
    [InlineData(9, 8, 1)]
    [InlineData(4, 4, 1)]
    public void BranchesAreComputedWhereTheyAreJoined(int first, int second, int joins)
    {
        Check(joins, g =>
        {
            Value x = Input(g);
            Value joined = Concat(g, "c", Conv(g, "a", x, first), Conv(g, "b", x, second));
            return [Conv(g, "y", joined, 8)];
        });
    }

    [Fact]
    public void APartThatIsReadLaterStays()
    {
        Check(0, g =>
        {
            Value x = Input(g);
            Value a = Conv(g, "a", x, 8);
            Value joined = Concat(g, "c", a, Conv(g, "b", x, 8));
            Value relu = g.Add("r", new Unary("Relu"), [joined]);
            return [Conv(g, "y", relu, 8), g.Add("s", new Binary("Add"), [g.Add("n", new Unary("Neg"), [a]), a])];
        });
    }

    [Fact]
    public void ADenseBlockIsOneBuffer()
    {
        Check(0, g =>
        {
            Value x = Conv(g, "first", Input(g), 8);
            for (int i = 0; i < 4; i++)
            {
                x = Concat(g, $"c{i}", x, Conv(g, $"a{i}", x, 16));
            }
            return [Conv(g, "y", x, 8)];
        });
    }

    [Fact]
    public void PlanarRowsAreJoinedInPlace()
    {
        Check(0, g =>
        {
            Value x = g.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 3, 16)));
            Value a = g.Add("a", new Unary("Exp"), [x]);
            Value b = g.Add("b", new Unary("Neg"), [a]);
            Value view = g.Add("v", new Reshape { Dims = [1, 3, 4, 4] }, [b]);
            return [g.Add("e", new Unary("Exp"), [g.Add("c", new Concat { Axis = 1 }, [b, a])]), g.Add("f", new Unary("Relu"), [view])];
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void WhatCannotBeInPlaceIsMoved(int form)
    {
        Check(1, g =>
        {
            Value x = g.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 16)));
            Value a = g.Add("a", new Unary("Exp"), [x]);
            Value view = g.Add("v", new Reshape { Dims = [2, 16] }, [a]);
            return form switch
            {
                0 => [g.Add("c", new Concat { Axis = 0 }, [a, a])], // twice
                1 => [g.Add("c", new Concat { Axis = 0 }, [x, a])], // an input of the graph
                2 => [g.Add("c", new Concat { Axis = 1 }, [a, g.Add("n", new Unary("Neg"), [a])])], // rows of several runs
                3 => [g.Add("c", new Concat { Axis = 0 }, [view, g.Add("n", new Unary("Neg"), [a])])], // a view
                _ => [g.Add("c", new Concat { Axis = 0 }, [a, x]), a], // an output of the graph
            };
        });
    }

    [Fact]
    public void APartHasOneWhole()
    {
        Check(1, g =>
        {
            Value x = Input(g);
            Value a = Conv(g, "a", x, 8);
            Value b = Conv(g, "b", x, 8);
            return [Conv(g, "y", Concat(g, "c", a, b), 8), Conv(g, "z", Concat(g, "d", b, a), 8)];
        });
    }

    /// <summary>A skip connection over a wide part: the whole would be in memory while the peak is.</summary>
    [Fact]
    public void APeakOfMemoryIsNotRaised()
    {
        Graph graph = new("skip");
        Value x = Input(graph);
        Value skip = Conv(graph, "skip", x, 8);
        Value wide = Conv(graph, "narrow", Conv(graph, "wide", Conv(graph, "w", skip, 64), 64), 64);
        graph.AddOutput(Conv(graph, "y", Concat(graph, "c", skip, Conv(graph, "back", wide, 64)), 8));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        Assert.Contains(session.Plan.Steps, s => s.Node.Operator is Concat);
        long image = 4 * 9 * 8;
        Assert.InRange(session.Plan.ArenaBytes, 0, (64 + 64 + 8 + 8) * image);
    }

    /// <param name="joins">Steps that join: those whose inputs are not all in place.</param>
    private static void Check(int joins, Func<Graph, Value[]> build)
    {
        var graph = new Graph("joined");
        var apart = new Graph("apart");
        Value[] outputs = build(graph);
        Array.ForEach(outputs, graph.AddOutput);
        Array.ForEach(build(apart), apart.AddOutput);
        foreach (Value value in apart.Nodes.SelectMany(n => n.Outputs).Where(v => !apart.IsOutput(v)).ToArray())
        {
            apart.AddOutput(value);
        }
        Tensor[] inputs = [.. graph.Inputs.Select((v, i) => RandomTensor.F32(v.Info.KnownShape, i))];
        foreach (KernelQuery query in new[] { KernelQuery.Default, KernelQuery.Reference })
        {
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 2, Kernels = query });
            using var oracle = new InferenceSession(apart, new SessionOptions { Threads = 1, Kernels = query });
            session.Run(inputs);
            Tensor[] actual = session.Run(inputs);
            Tensor[] expected = oracle.Run(inputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                Assert.Equal(expected[i].ToArray<float>(), actual[i].ToArray<float>());
            }
            if (query == KernelQuery.Default && Cpu.Features.HasFlag(CpuFeatures.Simd128))
            {
                Assert.Equal(joins, session.Plan.Steps.Count(s => s.Node.Operator is Concat));
            }
        }
    }

    private static Value Input(Graph graph) => graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 8, 9, 8)));

    private static Value Concat(Graph graph, string name, params Value[] values) => graph.Add(name, new Concat { Axis = 1 }, values);

    private static Value Conv(Graph graph, string name, Value x, int channels)
    {
        var op = new Conv { Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1] };
        return graph.Add(name, op, [x, graph.AddConstant($"{name}.w", RandomTensor.F32(new Shape(channels, x.Info.KnownShape[1], 3, 3), name.Sum(c => c)))]);
    }
}
