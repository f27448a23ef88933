using Edge.Kernels.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Edge.Bench.Inference;

/// <summary>How ONNX Runtime is set up wherever it is the peer: on the CPU, operators one after another.</summary>
internal static class OrtOptions
{
    private static readonly (DataType Edge, TensorElementType Ort)[] Types =
    [
        (DataType.F32, TensorElementType.Float),
        (DataType.F64, TensorElementType.Double),
        (DataType.F16, TensorElementType.Float16),
        (DataType.S64, TensorElementType.Int64),
        (DataType.S32, TensorElementType.Int32),
        (DataType.S16, TensorElementType.Int16),
        (DataType.S8, TensorElementType.Int8),
        (DataType.U8, TensorElementType.UInt8),
        (DataType.U16, TensorElementType.UInt16),
        (DataType.U32, TensorElementType.UInt32),
        (DataType.Bool, TensorElementType.Bool),
    ];

    /// <param name="threads">Threads that work on one operator.</param>
    /// <param name="optimize">False switches all graph optimisations off: the peer's most literal reading of the model.</param>
    /// <param name="spinning">Whether idle threads of the pool wait actively for a while.</param>
    public static SessionOptions Create(int threads, bool optimize, bool spinning)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = optimize ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
        return options;
    }

    /// <exception cref="NotSupportedException">The peer has no such type.</exception>
    public static TensorElementType ElementType(DataType type) => Find(t => t.Edge == type, type).Ort;

    /// <exception cref="NotSupportedException">Edge has no such type.</exception>
    public static DataType DataTypeOf(TensorElementType type) => Find(t => t.Ort == type, type).Edge;

    private static (DataType Edge, TensorElementType Ort) Find(Predicate<(DataType Edge, TensorElementType Ort)> match, object wanted)
    {
        int index = Array.FindIndex(Types, match);
        return index >= 0 ? Types[index] : throw new NotSupportedException($"{wanted} between Edge and ONNX Runtime");
    }
}
