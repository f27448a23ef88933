using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Tests.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Execution;

public class SessionTests
{
    private static readonly TensorInfo Vector = new(DataType.F32, new Shape(64));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RunAllocatesNothing(int threads)
    {
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = threads });
        float[] input = RandomTensor.F32(new Shape(1, 3, 8, 8), 1).ToArray<float>();
        var output = new float[1 * 4 * 4 * 5];
        session.Run(input, output);
        Assert.Equal(threads, session.Threads);
        Assert.Equal(0, Allocated.OnThread(() => session.Run(input, output), times: 100));
    }

    [Fact]
    public void ThreadsDoNotChangeResults()
    {
        Tensor input = RandomTensor.F32(new Shape(1, 3, 8, 8), 1);
        using var one = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1 });
        using var three = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 3 });
        Assert.Equal(one.Run(input)[0].ToArray<float>(), three.Run(input)[0].ToArray<float>());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void IllegalValueNamesTheNode(int threads, bool late)
    {
        using InferenceSession session = Session(new ChunkOperator(8, i => Fail(i == 5), late), threads);
        var error = Assert.Throws<EdgeException>(() => session.Execute());
        Assert.Equal(EdgeError.BadValue, error.Error);
        Assert.Equal("EC3004 TestChunks 'node': index 7 is out of range", error.Message);
    }

    [Fact]
    public void WrongInputsAreReported()
    {
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1 });
        RequireBadInput(() => session.Run(new float[5], new float[80]), "5 values");
        RequireBadInput(() => session.Run(new float[192], new float[79]), "room for 79");
        RequireBadInput(() => session.Run(Tensor.Allocate(DataType.F32, new Shape(1, 3, 8, 7))), "[1,3,8,7]");
        RequireBadInput(() => session.Run(Tensor.Allocate(DataType.F64, new Shape(1, 3, 8, 8))), "f64");
        RequireBadInput(() => session.Run([]), "0 inputs");
    }

    [Fact]
    public void ArenaBeyondTheLimitIsRefused()
    {
        var error = Assert.Throws<EdgeException>(() => new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, MaxArenaBytes = 1000 }));
        Assert.Equal(EdgeError.OutOfMemory, error.Error);
        Assert.Contains("1000", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A late step may have an output of known shape, which steps after it must wait for.</summary>
    [Fact]
    public void KnownShapeAfterALateStepIsComputed()
    {
        var graph = new Graph("late");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(4, 4)));
        Value unknown = graph.Add("unknown", new LateCopy(), [x]);
        Value known = graph.Add("known", new ViewOperator([16]), [unknown]);
        graph.AddOutput(graph.Add("negated", new Unary("Neg"), [known]));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Tensor input = RandomTensor.F32(new Shape(4, 4), 1);
        Tensor output = session.Run(input)[0];
        Assert.Equal(new Shape(16), output.Shape);
        Assert.Equal(input.ToArray<float>().Select(v => -v), output.ToArray<float>());
    }

    private static void Fail(bool fails)
    {
        if (fails)
        {
            throw new KernelValueException("index 7 is out of range");
        }
    }

    private static void RequireBadInput(Action run, string words)
    {
        var error = Assert.Throws<EdgeException>(run);
        Assert.Equal(EdgeError.BadInput, error.Error);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private static InferenceSession Session(Operator op, int threads)
    {
        var graph = new Graph("chunks");
        graph.AddOutput(graph.Add("node", op, [graph.AddInput("x", Vector)]));
        return new InferenceSession(graph, new SessionOptions { Threads = threads });
    }

    /// <summary>Copies its input; its shape is told only when it runs.</summary>
    private sealed record LateCopy : Operator
    {
        public override string Kind => "TestLateCopy";

        public override bool HasDataDependentShape => true;

        public override PreparedKernel CreateKernel(in KernelRequest request) => new("test_ref", new CopyOf(request.Inputs[0]));

        protected override TensorInfo[] Infer(in OperatorInputs inputs) => [inputs[0] with { Shape = null }];

        private sealed unsafe class CopyOf(TensorInfo info) : Kernel, IDataDependentKernel
        {
            public Shape[] MeasureOutputs(in KernelContext context) => [info.KnownShape];

            public override void Run(in KernelContext context) => Buffer.MemoryCopy(context.Input(0), context.Output(0), info.Bytes, info.Bytes);
        }
    }
}
