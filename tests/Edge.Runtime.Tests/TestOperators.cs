using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Tests;

/// <summary>The bytes of the input under another shape; an unknown input gives the same shape.</summary>
internal sealed record ViewOperator(int[] Dims) : Operator
{
    public override string Kind => "TestView";

    public override int? ViewOf => 0;

    protected override bool InfersFromUnknown => true;

    public override PreparedKernel CreateKernel(in KernelRequest request) => throw new NotSupportedException("a view has no kernel");

    protected override TensorInfo[] Infer(in OperatorInputs inputs) => [new TensorInfo(DataType.F32, new Shape(Dims))];
}

/// <summary>Calls a delegate for each of a number of chunks; output 0 has the shape of input 0, or an unknown one.</summary>
internal sealed record ChunkOperator(int Chunks, Action<int> Chunk, bool IsLate = false) : Operator
{
    public override string Kind => "TestChunks";

    public override bool HasDataDependentShape => IsLate;

    public override PreparedKernel CreateKernel(in KernelRequest request) => new("test_ref", new ChunkKernel(Chunks, Chunk));

    protected override TensorInfo[] Infer(in OperatorInputs inputs) => [IsLate && inputs.Constant(0) is null ? inputs[0] with { Shape = null } : inputs[0]];

    private sealed unsafe class ChunkKernel(int chunks, Action<int> chunk) : Kernel
    {
        public override void Run(in KernelContext context) => context.Pool.Run(this, null, &Body, chunks);

        private static void Body(object owner, void* state, int index) => ((ChunkKernel)owner).Call(index);

        private void Call(int index) => chunk(index);
    }
}
