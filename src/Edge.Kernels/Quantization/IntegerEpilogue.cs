using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Where the inputs of an integer product stand. Either x, w, zero points of both (ConvInteger, MatMulInteger), or value, scale
/// and zero point of x, w and y in turn (QLinearConv, QLinearMatMul).
/// </summary>
internal readonly record struct OperandOrder(int Right, int LeftZero, int RightZero)
{
    public static readonly OperandOrder Plain = new(1, 2, 3);

    public static readonly OperandOrder WithScales = new(3, 2, 5);
}

/// <summary>What is done with an int32 sum of products before it is stored.</summary>
internal interface IIntegerEpilogue<TSelf> where TSelf : struct, IIntegerEpilogue<TSelf>
{
    static abstract DataType Output { get; }

    static abstract OperandOrder Operands { get; }

    static abstract TSelf Bind(in KernelContext context);

    /// <param name="sum">The int32 sum.</param>
    /// <param name="at">Index of the output element.</param>
    /// <param name="leftScale">Index of the left operand's scale.</param>
    /// <param name="rightScale">Index of the right operand's scale.</param>
    void Store(int sum, long at, int leftScale, int rightScale);
}

/// <summary>Stores the sum.</summary>
internal readonly unsafe struct StoreSum(int* y) : IIntegerEpilogue<StoreSum>
{
    public static DataType Output => DataType.S32;

    public static OperandOrder Operands => OperandOrder.Plain;

    public static StoreSum Bind(in KernelContext context) => new((int*)context.Output(0));

    public void Store(int sum, long at, int leftScale, int rightScale) => y[at] = sum;
}

/// <summary>saturate(round(sum * (leftScale * rightScale / outputScale)) + zeroPoint), ties to even, in float32.</summary>
internal readonly unsafe struct Rescale<T>(float* left, float* right, float* output, T zeroPoint, T* y) : IIntegerEpilogue<Rescale<T>>
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    public static DataType Output => DataTypes.Of<T>();

    public static OperandOrder Operands => OperandOrder.WithScales;

    public static Rescale<T> Bind(in KernelContext context) => new(
        (float*)context.Input(1),
        (float*)context.Input(4),
        (float*)context.Input(6),
        context.Input(7) is null ? T.Zero : *(T*)context.Input(7),
        (T*)context.Output(0));

    public void Store(int sum, long at, int leftScale, int rightScale)
    {
        float multiplier = left[leftScale] * right[rightScale] / *output;
        y[at] = Saturation.Round(sum * multiplier, zeroPoint);
    }
}
