using Edge.Kernels.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Tensor = Edge.Kernels.Tensors.Tensor;

namespace Edge.Bench.Inference;

/// <summary>
/// ONNX Runtime on the CPU, sequential, all graph optimisations on. Input and outputs are bound to memory that stays in
/// place: a run copies nothing.
/// </summary>
public sealed unsafe class OrtInference : IInference
{
    private readonly SessionOptions _options;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding _binding;
    private readonly List<OrtValue> _values = [];
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly Tensor?[] _outputs;

    /// <param name="inputs">In graph order.</param>
    /// <param name="outputs">Types and shapes of the outputs, in graph order; an output of unknown shape is allocated by each run.</param>
    /// <param name="spinning">Whether idle threads of the peer's pool wait actively. Has no effect with one thread.</param>
    public OrtInference(string path, IReadOnlyList<Tensor> inputs, IReadOnlyList<TensorInfo> outputs, int threads, bool spinning)
    {
        Name = $"ONNX Runtime, spinning {(spinning ? "on" : "off")}";
        _options = OrtOptions.Create(threads, optimize: true, spinning);
        _session = new InferenceSession(path, _options);
        _binding = _session.CreateIoBinding();
        _inputs = inputs;
        _outputs = [.. outputs.Select(o => o.IsKnown ? Tensor.Allocate(o) : null)];
        for (int i = 0; i < inputs.Count; i++)
        {
            _binding.BindInput(_session.InputNames[i], Wrap(inputs[i]));
        }
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is { } output)
            {
                _binding.BindOutput(_session.OutputNames[i], Wrap(output));
            }
            else
            {
                _binding.BindOutputToDevice(_session.OutputNames[i], OrtMemoryInfo.DefaultInstance);
            }
        }
    }

    public string Name { get; }

    public void Run() => _session.RunWithBinding(_runOptions, _binding);

    public Tensor[] Outputs()
    {
        using IDisposableReadOnlyCollection<OrtValue> bound = _binding.GetOutputValues();
        return [.. _outputs.Select((o, i) => o?.Clone() ?? Copy(bound[i]))];
    }

    public void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(v => v.Dispose());
        _runOptions.Dispose();
        _session.Dispose();
        _options.Dispose();
        GC.KeepAlive(_inputs);
    }

    private OrtValue Wrap(Tensor tensor)
    {
        long[] shape = [.. tensor.Shape.ToArray().Select(d => (long)d)];
        OrtValue value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, OrtOptions.ElementType(tensor.Type), shape, (nint)tensor.Data, tensor.Bytes);
        _values.Add(value);
        return value;
    }

    private static Tensor Copy(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        DataType type = OrtOptions.DataTypeOf(info.ElementDataType);
        Tensor tensor = Tensor.Allocate(type, new Shape([.. info.Shape.Select(d => (int)d)]));
        value.GetTensorMutableRawData().CopyTo(tensor.ByteSpan());
        return tensor;
    }
}
