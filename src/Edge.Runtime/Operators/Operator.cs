using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// A mathematical operation with its attributes: what a node computes. Immutable; attributes are the record's own
/// properties. An operator knows its shape rule, its kernels and how it is stored; it holds no tensors.
/// </summary>
public abstract record Operator
{
    /// <summary>The name under which the operator stands in the catalogue and in <c>.edge</c> files.</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// Types and shapes of the outputs. Called with known inputs only, except for operators that override
    /// <see cref="InfersFromUnknown"/>. An output whose shape depends on data that is not constant has a null shape.
    /// </summary>
    /// <exception cref="EdgeException">The inputs break a rule of the operator.</exception>
    protected abstract TensorInfo[] Infer(in OperatorInputs inputs);

    /// <summary>
    /// The kernel for these inputs and outputs, all of known shape. It is bound to the constants by the caller.
    /// </summary>
    /// <exception cref="NotSupportedException">No row of the operator's tables fits.</exception>
    public abstract PreparedKernel CreateKernel(in KernelRequest request);

    /// <summary>Writes the attributes that differ from their defaults, for the file and for printing.</summary>
    public virtual void WriteAttributes(AttributeWriter writer)
    {
    }

    /// <summary>
    /// The input whose bytes the output is, unchanged (Reshape, Flatten): the planner gives both the same memory and no
    /// kernel runs. Null for all other operators.
    /// </summary>
    public virtual int? ViewOf => null;

    /// <summary>Whether output 0 may overwrite input <paramref name="index"/>, which has the same size and is not read later.</summary>
    public virtual bool CanRunInPlace(int index) => false;

    /// <summary>
    /// Where the bytes of input <paramref name="index"/> lie, unchanged and contiguous, in output 0 of an operator that joins its
    /// inputs; null where they do not. A plan may have the input computed there: the kernel then finds it in its place, and moves
    /// the others.
    /// </summary>
    public virtual long? PlaceInOutput(in KernelRequest request, int index) => null;

    /// <summary>Whether equal inputs give equal outputs, so that constant inputs can be folded; false for random operators.</summary>
    public virtual bool IsDeterministic => true;

    /// <summary>Whether output shapes depend on input data even when all inputs have known shapes (NonZero).</summary>
    public virtual bool HasDataDependentShape => false;

    /// <summary>The inputs that are weights where they are constant: what training changes.</summary>
    public virtual int[] Parameters => [];

    /// <summary>
    /// The gradient rule: adds nodes that compute, from the gradients of the outputs, those of the wanted inputs. An input that is
    /// given nothing has the gradient 0.
    /// </summary>
    /// <exception cref="EdgeException">There is no rule (EC3006).</exception>
    public virtual void Differentiate(GradientContext context) => throw GradientRules.Missing($"{Kind} has no gradient rule");

    /// <summary>Multiply-adds and bytes moved, for profiles and schedules.</summary>
    public virtual Cost EstimateCost(in KernelRequest request) => Cost.Movement(request);

    /// <summary>
    /// The layouts in which the operator has its best kernel, where a plan may use blocked ones. Infos carry the layouts in which
    /// the producers of the inputs write them; everything is known, and float32 but for constants. <see cref="CreateKernel"/> is asked for just this choice.
    /// </summary>
    public virtual LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.Planar(request.Inputs.Count);

    /// <summary>
    /// The same where outputs and inputs that are not constant are 8-bit integers: <see cref="Layout.ChannelsLast"/> or planar.
    /// </summary>
    public virtual LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.Planar(request.Inputs.Count);

    /// <summary>Whether <see cref="Infer"/> can say something of the outputs while an input's shape is unknown.</summary>
    protected virtual bool InfersFromUnknown => false;

    /// <summary>Types and shapes of the outputs; <see cref="TensorInfo.Unknown"/> where they depend on the data of a run.</summary>
    public TensorInfo[] InferOutputs(in OperatorInputs inputs)
    {
        if (!inputs.AllKnown && !InfersFromUnknown)
        {
            return [.. Enumerable.Repeat(TensorInfo.Unknown, inputs.OutputCount)];
        }
        TensorInfo[] infos = InferChecked(inputs);
        return infos.Length >= inputs.OutputCount
            ? infos[..inputs.OutputCount]
            : throw new EdgeException(EdgeError.BadArity, $"{inputs.OutputCount} outputs are asked for, the operator has {infos.Length}");
    }

    /// <summary>Shape arithmetic of untrusted numbers: what does not fit 64 bits does not fit any memory either.</summary>
    private TensorInfo[] InferChecked(in OperatorInputs inputs)
    {
        try
        {
            TensorInfo[] infos = Infer(inputs);
            foreach (TensorInfo info in infos)
            {
                Limits.Require(info);
            }
            return infos;
        }
        catch (OverflowException exception)
        {
            throw new EdgeException(EdgeError.TooLarge, "the output has more elements than 64 bits can count", "reduce the input size or the batch with --input-shape", inner: exception);
        }
    }
}

/// <summary>What an operator is told when it makes a kernel.</summary>
/// <param name="Inputs">Infos of known shape, constants where they are constant.</param>
/// <param name="Outputs">Infos of known shape (null shapes only for <see cref="IDataDependentKernel"/>).</param>
/// <param name="Query">Which rows may be chosen.</param>
public readonly record struct KernelRequest(OperatorInputs Inputs, TensorInfo[] Outputs, KernelQuery Query)
{
    public Shape OutputShape(int index = 0) => Outputs[index].KnownShape;
}

/// <summary>Work of one node.</summary>
/// <param name="MultiplyAdds">Multiply-add pairs; an operation that is no multiply-add counts as a half.</param>
/// <param name="Bytes">Bytes read and written, each tensor once.</param>
public readonly record struct Cost(long MultiplyAdds, long Bytes)
{
    /// <summary>An operator that only moves data.</summary>
    public static Cost Movement(in KernelRequest request) => new(0, TotalBytes(request));

    /// <summary>An operator that does <paramref name="operations"/> operations for each output element.</summary>
    public static Cost PerElement(in KernelRequest request, double operations) =>
        new((long)(request.Outputs.Where(o => o.IsKnown).Sum(o => o.KnownShape.Count) * operations / 2), TotalBytes(request));

    public static long TotalBytes(in KernelRequest request)
    {
        long bytes = 0;
        for (int i = 0; i < request.Inputs.Count; i++)
        {
            bytes += request.Inputs.Has(i) && request.Inputs[i].IsKnown ? request.Inputs[i].Bytes : 0;
        }
        return bytes + request.Outputs.Where(o => o.IsKnown).Sum(o => o.Bytes);
    }
}
