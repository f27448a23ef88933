using Edge.Kernels.Tensors;

namespace Edge.Bench.Inference;

/// <summary>A model loaded by one engine, with an input in place: what is timed.</summary>
public interface IInference : IDisposable
{
    string Name { get; }

    /// <summary>One inference: input in, outputs written to memory that was allocated before.</summary>
    void Run();

    /// <summary>Copies of the outputs of the last run.</summary>
    Tensor[] Outputs();
}
