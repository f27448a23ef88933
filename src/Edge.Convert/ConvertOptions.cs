using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;

namespace Edge.Convert;

/// <summary>What to convert, and how.</summary>
public sealed record ConvertOptions
{
    /// <summary>The ONNX file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>The file to write; null = only check, write nothing.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Shapes by input name.</summary>
    public IReadOnlyDictionary<string, Shape> InputShapes { get; init; } = new Dictionary<string, Shape>();

    /// <summary>Inputs that become constants.</summary>
    public IReadOnlyDictionary<string, Tensor> Constants { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>Class names in order of the output's elements.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How images become input 0; null where the caller of the model prepares it.</summary>
    public ImagePreprocessing? Image { get; init; }

    /// <summary>How a signal becomes input 0.</summary>
    public SignalPreprocessing? Signal { get; init; }

    /// <summary>False leaves out all passes but those that the runtime needs.</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>Inputs of the golden sample, one per graph input; null = made up from a fixed seed.</summary>
    public IReadOnlyList<Tensor>? GoldenInputs { get; init; }

    /// <summary>How to quantize to 8-bit integers; null keeps float32.</summary>
    public QuantizeOptions? Int8 { get; init; }

    /// <summary>How to let products quantize their input in the run; null leaves them as they are. Not together with <see cref="Int8"/>.</summary>
    public DynamicOptions? Dynamic { get; init; }

    /// <summary>With <see cref="Int8"/>: an ONNX file to write with the same integers between pairs of QuantizeLinear and DequantizeLinear.</summary>
    public string? PairsPath { get; init; }

    /// <summary>How the file keeps the weights of float32 computation.</summary>
    public WeightStorage Weights { get; init; }

    /// <summary>ECDSA P-256 private key in PEM form that signs the result; null leaves it unsigned.</summary>
    public string? SigningKeyPem { get; init; }

    /// <summary>Told the name of each stage as it begins.</summary>
    public IProgress<string>? Progress { get; init; }
}
