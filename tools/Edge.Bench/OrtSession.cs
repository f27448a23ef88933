using Edge.Bench.Inference;
using Edge.Kernels.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Tensor = Edge.Kernels.Tensors.Tensor;

namespace Edge.Bench;

/// <summary>ONNX Runtime on the CPU, sequential, as the peer that results are compared with.</summary>
public sealed class OrtSession : IDisposable
{
    private readonly SessionOptions _options;
    private readonly Microsoft.ML.OnnxRuntime.InferenceSession _session;

    /// <param name="threads">Intra-operator threads.</param>
    /// <param name="optimize">False switches all graph optimisations off: the peer's most literal reading of the model.</param>
    public OrtSession(string path, int threads, bool optimize = true)
    {
        _options = OrtOptions.Create(threads, optimize, spinning: false);
        // Without VNNI its fast products of bytes saturate in 16 bits; results are compared with the exact ones.
        _options.AddSessionConfigEntry("session.x64quantprecision", "1");
        _session = new Microsoft.ML.OnnxRuntime.InferenceSession(path, _options);
    }

    /// <summary>Runs the model; inputs in graph order.</summary>
    public Tensor[] Run(IReadOnlyList<Tensor> inputs)
    {
        NamedOnnxValue[] fed = [.. inputs.Select((t, i) => ToOrt(_session.InputNames[i], t))];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = _session.Run(fed);
        return [.. _session.OutputNames.Select(name => FromOrt(results.First(r => r.Name == name)))];
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private static NamedOnnxValue ToOrt(string name, Tensor tensor) => tensor.Type switch
    {
        DataType.F32 => NamedOnnxValue.CreateFromTensor(name, Dense<float>(tensor)),
        DataType.F64 => NamedOnnxValue.CreateFromTensor(name, Dense<double>(tensor)),
        DataType.S64 => NamedOnnxValue.CreateFromTensor(name, Dense<long>(tensor)),
        DataType.S32 => NamedOnnxValue.CreateFromTensor(name, Dense<int>(tensor)),
        DataType.U8 => NamedOnnxValue.CreateFromTensor(name, Dense<byte>(tensor)),
        DataType.S8 => NamedOnnxValue.CreateFromTensor(name, Dense<sbyte>(tensor)),
        DataType.F16 => NamedOnnxValue.CreateFromTensor(
            name, new DenseTensor<Float16>(System.Runtime.InteropServices.MemoryMarshal.Cast<Half, Float16>(tensor.Span<Half>()).ToArray(), tensor.Shape.Dims)),
        _ => throw new NotSupportedException($"{tensor.Type} as an input of ONNX Runtime"),
    };

    private static DenseTensor<T> Dense<T>(Tensor tensor) where T : unmanaged => new(tensor.Span<T>().ToArray(), tensor.Shape.Dims);

    private static Tensor FromOrt(DisposableNamedOnnxValue value) => value.ElementType switch
    {
        TensorElementType.Float => Copy(value.AsTensor<float>()),
        TensorElementType.Double => Copy(value.AsTensor<double>()),
        TensorElementType.Int64 => Copy(value.AsTensor<long>()),
        TensorElementType.Int32 => Copy(value.AsTensor<int>()),
        TensorElementType.UInt8 => Copy(value.AsTensor<byte>()),
        TensorElementType.Int8 => Copy(value.AsTensor<sbyte>()),
        TensorElementType.Float16 => CopyHalf(value.AsTensor<Float16>()),
        _ => throw new NotSupportedException($"{value.ElementType} as an output of ONNX Runtime"),
    };

    private static Tensor Copy<T>(Tensor<T> tensor) where T : unmanaged => Tensor.From<T>(new Shape(tensor.Dimensions), tensor.ToDenseTensor().Buffer.Span);

    private static Tensor CopyHalf(Tensor<Float16> tensor) =>
        Tensor.From(new Shape(tensor.Dimensions), System.Runtime.InteropServices.MemoryMarshal.Cast<Float16, Half>(tensor.ToDenseTensor().Buffer.Span));
}
