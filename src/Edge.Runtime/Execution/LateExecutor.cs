using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>
/// Runs the steps whose shapes only the data tells: infers shapes from the actual inputs, makes a kernel, allocates the
/// outputs, runs. The price is an allocation per run; plans without such steps never come here.
/// </summary>
/// <param name="maxBytes">Most bytes of outputs that one run may allocate.</param>
internal sealed unsafe class LateExecutor(KernelQuery query, WorkerPool pool, LateExecutor.AddressOf address, long maxBytes)
{
    private long _bytes;

    internal delegate byte* AddressOf(Location location);

    /// <summary>Starts the account of a run's bytes anew.</summary>
    public void BeginRun() => _bytes = 0;

    public void Run(PlanStep step)
    {
        try
        {
            Tensor?[] inputs = [.. step.Inputs.Select(ToTensor)];
            Compute(step, inputs);
        }
        catch (EdgeException exception)
        {
            throw exception.At(step.Node.Place);
        }
        catch (OverflowException exception)
        {
            throw new EdgeException(EdgeError.TooLarge, "a tensor has more elements than 64 bits can count", place: step.Node.Place, inner: exception);
        }
        catch (OutOfMemoryException exception)
        {
            throw new EdgeException(EdgeError.OutOfMemory, "there is not enough memory for the outputs of this run", place: step.Node.Place, inner: exception);
        }
        catch (NotSupportedException exception)
        {
            throw new EdgeException(EdgeError.NoKernel, exception.Message, place: step.Node.Place, inner: exception);
        }
    }

    private void Compute(PlanStep step, Tensor?[] inputs)
    {
        Operator op = step.Node.Operator;
        var known = new OperatorInputs([.. inputs.Select(t => t?.Info)], inputs, step.Outputs.Length);
        TensorInfo[] infos = op.InferOutputs(known);
        if (op.ViewOf is { } viewed)
        {
            Reserve(infos);
            step.Outputs[0].LateTensor = inputs[viewed]!.Clone().Reshape(infos[0].KnownShape);
            return;
        }
        using Kernel kernel = op.CreateKernel(new KernelRequest(known, infos, query)).Kernel;
        kernel.BindConstants(inputs);
        using var scratch = new AlignedBuffer(kernel.ScratchBytes);
        byte*[] inputAddresses = Addresses(inputs);
        fixed (byte** sources = inputAddresses)
        {
            if (kernel is IDataDependentKernel measured)
            {
                Shape[] shapes = measured.MeasureOutputs(new KernelContext(sources, null, scratch.Data, pool));
                infos = [.. infos.Select((info, i) => info with { Shape = shapes[i] })];
                Array.ForEach(infos, Limits.Require);
            }
            Reserve(infos);
            Tensor[] outputs = [.. infos.Select(Tensor.Allocate)];
            fixed (byte** targets = Addresses(outputs))
            {
                kernel.Run(new KernelContext(sources, targets, scratch.Data, pool));
            }
            for (int i = 0; i < outputs.Length; i++)
            {
                step.Outputs[i].LateTensor = outputs[i];
            }
        }
        GC.KeepAlive(inputs);
    }

    private void Reserve(TensorInfo[] infos)
    {
        _bytes += infos.Sum(i => i.Bytes);
        if (_bytes > maxBytes)
        {
            throw new EdgeException(EdgeError.OutOfMemory, $"the outputs of this run take {_bytes} bytes so far, {maxBytes} are allowed beside the arena", "allow more memory, or reduce the input");
        }
    }

    private Tensor? ToTensor(Location? location) => location switch
    {
        null => null,
        { Constant: { } constant } => constant,
        { Variable: { } variable } => variable,
        { Buffer: not null } => Tensor.Wrap(location.Value.Info, address(location), this),
        _ => location.LateTensor ?? throw new EdgeException(EdgeError.BadInput, $"the value '{location.Value.Name}' has not been computed"),
    };

    private static byte*[] Addresses(Tensor?[] tensors)
    {
        // At least one element, so that pinning gives a pointer.
        var addresses = new byte*[Math.Max(1, tensors.Length)];
        for (int i = 0; i < tensors.Length; i++)
        {
            addresses[i] = tensors[i] is { } tensor ? tensor.Data : null;
        }
        return addresses;
    }
}
