using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Dispatch;

/// <summary>
/// A routine prepared for one node of a plan: its shapes are fixed, its weights packed. Made by a
/// <see cref="KernelRow{TProblem}"/> at plan time; <see cref="Run"/> is called once per inference and allocates nothing.
/// </summary>
public abstract class Kernel : IDisposable
{
    /// <summary>Bytes of working memory that <see cref="Run"/> needs in <see cref="KernelContext.Scratch"/>; planned into the arena.</summary>
    public virtual long ScratchBytes => 0;

    /// <summary>Bytes that <see cref="BindConstants"/> holds besides the model's own constants (packed weights).</summary>
    public virtual long PackedBytes => 0;

    /// <summary>Called once, before the first run, with the constant inputs (null where an input is not constant): packs weights.</summary>
    public virtual void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
    }

    public abstract void Run(in KernelContext context);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A kernel whose output shapes depend on the values of its inputs (NonZero, NonMaxSuppression).</summary>
public interface IDataDependentKernel
{
    /// <summary>The output shapes for these inputs. <see cref="Kernel.Run"/> follows with outputs of these shapes.</summary>
    Shape[] MeasureOutputs(in KernelContext context);
}

/// <summary>What a kernel is handed per run. All pointers are aligned to 64 bytes.</summary>
public readonly unsafe ref struct KernelContext(byte** inputs, byte** outputs, byte* scratch, WorkerPool pool)
{
    /// <summary>Start of input <paramref name="index"/>; null where an optional input is absent.</summary>
    public byte* Input(int index) => inputs[index];

    public byte* Output(int index) => outputs[index];

    /// <summary><see cref="Kernel.ScratchBytes"/> bytes of undefined content; null where none were asked for.</summary>
    public byte* Scratch => scratch;

    public WorkerPool Pool => pool;
}
