using System.Numerics;
using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// bias[m] + sum over c, k of (x[n, g*C/G + c, o*stride + k*dilation - pad] - xZero) * (w[m,c,k] - wZero) in int32, where padding
/// counts as xZero and the sum wraps on overflow; stored as it is or rescaled to <paramref name="Result"/>. See
/// <see cref="OperandOrder"/> for the inputs; the rescaled form has an int32 bias or null as input 8.
/// </summary>
/// <param name="Result">S32 for the sum itself, U8 or S8 for a rescaled one.</param>
/// <param name="InputSize">Spatial size of x.</param>
/// <param name="OutputSize">Spatial size of y.</param>
/// <param name="WZeroStride">1 where each output channel has a zero point of its own, else 0.</param>
/// <param name="WScaleStride">1 where each output channel has a scale of its own, else 0.</param>
public sealed record IntegerConvProblem(
    DataType X, DataType W, DataType Result, int Batch, int InChannels, int OutChannels, int Groups,
    Extent InputSize, Extent OutputSize, Window Window, int WZeroStride, int WScaleStride = 0)
{
    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products summed for one output.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;
}

/// <summary>Convolution of 8-bit tensors over 1 to 3 spatial axes, channels first.</summary>
public static class IntegerConvKernels
{
    public static readonly KernelTable<IntegerConvProblem> Table = new(
        "integerconv",
        [
            Row<byte, byte, StoreSum>(), Row<byte, sbyte, StoreSum>(), Row<sbyte, byte, StoreSum>(), Row<sbyte, sbyte, StoreSum>(),
            Row<byte, byte, Rescale<byte>>(), Row<byte, sbyte, Rescale<byte>>(), Row<sbyte, byte, Rescale<byte>>(), Row<sbyte, sbyte, Rescale<byte>>(),
            Row<byte, byte, Rescale<sbyte>>(), Row<byte, sbyte, Rescale<sbyte>>(), Row<sbyte, byte, Rescale<sbyte>>(), Row<sbyte, sbyte, Rescale<sbyte>>(),
        ]);

    private static KernelRow<IntegerConvProblem> Row<TX, TW, TEpilogue>()
        where TX : unmanaged, INumber<TX>
        where TW : unmanaged, INumber<TW>
        where TEpilogue : struct, IIntegerEpilogue<TEpilogue>
    {
        DataType x = DataTypes.Of<TX>();
        DataType w = DataTypes.Of<TW>();
        return new KernelRow<IntegerConvProblem>(
            $"integerconv_{x.Name()}{w.Name()}_ref_{TEpilogue.Output.Name()}",
            CpuFeatures.None,
            p => p.X == x && p.W == w && p.Result == TEpilogue.Output,
            p => new IntegerConvReference<TX, TW, TEpilogue>(p));
    }
}

/// <summary>The naive row: one output after another.</summary>
internal sealed unsafe class IntegerConvReference<TX, TW, TEpilogue>(IntegerConvProblem problem) : Kernel
    where TX : unmanaged, INumber<TX>
    where TW : unmanaged, INumber<TW>
    where TEpilogue : struct, IIntegerEpilogue<TEpilogue>
{
    private const int BiasInput = 8;

    private readonly Extent _input = problem.InputSize;
    private readonly Extent _output = problem.OutputSize;
    private readonly Window _window = problem.Window;

    public override void Run(in KernelContext context)
    {
        TEpilogue epilogue = TEpilogue.Bind(context);
        TX* xZeros = (TX*)context.Input(TEpilogue.Operands.LeftZero);
        TW* wZeros = (TW*)context.Input(TEpilogue.Operands.RightZero);
        int* bias = TEpilogue.Operands == OperandOrder.WithScales ? (int*)context.Input(BiasInput) : null;
        int xZero = xZeros is null ? 0 : int.CreateTruncating(*xZeros);
        long at = 0;
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int m = 0; m < problem.OutChannels; m++)
            {
                long channel = ((long)n * problem.InChannels) + (m / problem.GroupOutChannels * problem.GroupInChannels);
                TX* x = (TX*)context.Input(0) + (channel * _input.Count);
                TW* w = (TW*)context.Input(TEpilogue.Operands.Right) + (m * problem.Taps);
                int wZero = wZeros is null ? 0 : int.CreateTruncating(wZeros[m * problem.WZeroStride]);
                int start = bias is null ? 0 : bias[m];
                for (int d = 0; d < _output.D; d++)
                {
                    for (int h = 0; h < _output.H; h++)
                    {
                        for (int c = 0; c < _output.W; c++, at++)
                        {
                            epilogue.Store(unchecked(start + Sum(x, xZero, w, wZero, new Extent(d, h, c))), at, 0, m * problem.WScaleStride);
                        }
                    }
                }
            }
        }
    }

    private int Sum(TX* x, int xZero, TW* w, int wZero, Extent output)
    {
        int sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++)
        {
            for (int kd = 0; kd < _window.Kernel.D; kd++)
            {
                for (int kh = 0; kh < _window.Kernel.H; kh++)
                {
                    for (int kw = 0; kw < _window.Kernel.W; kw++, w++)
                    {
                        long d = Position(0, output.D, kd);
                        long h = Position(1, output.H, kh);
                        long column = Position(2, output.W, kw);
                        if (d >= 0 && d < _input.D && h >= 0 && h < _input.H && column >= 0 && column < _input.W)
                        {
                            long at = (((((long)c * _input.D) + d) * _input.H) + h) * _input.W + column;
                            sum = unchecked(sum + ((int.CreateTruncating(x[at]) - xZero) * (int.CreateTruncating(*w) - wZero)));
                        }
                    }
                }
            }
        }
        return sum;
    }

    private long Position(int axis, int output, int tap) =>
        ((long)output * _window.Stride[axis]) + ((long)tap * _window.Dilation[axis]) - _window.PadBegin[axis];
}
