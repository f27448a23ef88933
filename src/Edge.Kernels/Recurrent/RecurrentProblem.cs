using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Recurrent;

/// <summary>The cell of a recurrent layer. The numbers are persisted: they may only grow.</summary>
public enum RecurrentCell : byte
{
    /// <summary>h = f(W x + R h + b)</summary>
    Plain = 0,

    /// <summary>Gated recurrent unit, gates in the order update, reset, hidden.</summary>
    Gru = 1,

    /// <summary>Long short-term memory, gates in the order input, output, forget, cell.</summary>
    Lstm = 2,
}

/// <summary>
/// A recurrent layer as ONNX defines it. Inputs: x [T,N,I], W [D,gates*H,I], R [D,gates*H,H], bias [D,2*gates*H] or null, sequence
/// lengths [N] (s32) or null, initial h [D,N,H] or null, and for LSTM initial c and peepholes [D,3*H] or null. Outputs: y [T,D,N,H],
/// last h [D,N,H], and for LSTM last c. With <paramref name="BatchFirst"/>: x [N,T,I], states [N,D,H], y [N,T,D,H].
/// </summary>
/// <param name="Steps">T.</param>
/// <param name="Batch">N.</param>
/// <param name="InputSize">I.</param>
/// <param name="Hidden">H.</param>
/// <param name="Reversed">One per direction D: whether time runs backwards.</param>
/// <param name="Activations">Per direction: f for plain, f and g for GRU, f, g and h for LSTM.</param>
/// <param name="Clip">Gate sums are limited to [-clip, clip].</param>
/// <param name="LinearBeforeReset">GRU: the reset gate is applied after the product with R.</param>
/// <param name="InputForget">LSTM: the forget gate is 1 - the input gate.</param>
public sealed record RecurrentProblem(
    RecurrentCell Cell, DataType Type, int Steps, int Batch, int InputSize, int Hidden, bool[] Reversed, CellActivation[] Activations,
    float Clip, bool BatchFirst, bool LinearBeforeReset, bool InputForget)
{
    public int Directions => Reversed.Length;

    public int Gates => Cell switch { RecurrentCell.Plain => 1, RecurrentCell.Gru => 3, _ => 4 };
}

/// <summary>Recurrent layers.</summary>
public static class RecurrentKernels
{
    public static readonly KernelTable<RecurrentProblem> Table = new(
        "recurrent",
        [
            new("recurrent_f32_avx2_dot", CpuFeatures.Avx2 | CpuFeatures.Fma, p => p.Type == DataType.F32, p => new RecurrentKernel<float, LaneDot<F32x8>>(p)),
            new("recurrent_f32_v128_dot", CpuFeatures.Simd128, p => p.Type == DataType.F32, p => new RecurrentKernel<float, LaneDot<F32x4>>(p)),
            new("recurrent_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new RecurrentKernel<float, DoubleDot<float>>(p)),
            new("recurrent_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new RecurrentKernel<double, DoubleDot<double>>(p)),
        ]);
}
