using System.Runtime.CompilerServices;
using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: one output after another; output channels are split among threads.</summary>
internal sealed unsafe class IntegerConvReference(IntegerConvProblem problem) : Kernel
{
    private readonly Extent _input = problem.Input;
    private readonly Extent _output = problem.Output;
    private readonly Extent _kernel = problem.Window.Kernel;
    private readonly bool _signedX = problem.X == DataType.S8;
    private readonly bool _signedW = problem.W == DataType.S8;
    private readonly bool _requantizes = problem.Y != DataType.S32;

    public override void Run(in KernelContext context)
    {
        var operands = new Operands
        {
            X = context.Input(0),
            W = context.Input(1),
            XZero = problem.HasXZero ? Affine.Read8(context.Input(2), _signedX) : 0,
            WZero = problem.HasWZero ? context.Input(3) : null,
            Y = context.Output(0),
        };
        if (_requantizes)
        {
            operands.Bias = problem.HasBias ? (int*)context.Input(4) : null;
            operands.XScale = *(float*)context.Input(5);
            operands.WScale = (float*)context.Input(6);
            operands.YScale = *(float*)context.Input(7);
            operands.YZero = Affine.Read8(context.Input(8), problem.Y == DataType.S8);
        }
        context.Pool.Run(this, &operands, &RunChannel, checked(problem.Batch * problem.OutChannels));
    }

    private static void RunChannel(object owner, void* state, int chunk) => ((IntegerConvReference)owner).Convolve((Operands*)state, chunk);

    /// <param name="plane">n * M + m.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Convolve(Operands* operands, int plane)
    {
        int m = plane % problem.OutChannels;
        int channel = m / problem.GroupOutChannels * problem.GroupInChannels;
        byte* x = operands->X + ((((long)plane / problem.OutChannels * problem.InChannels) + channel) * _input.Count);
        byte* w = operands->W + (m * problem.GroupInChannels * _kernel.Count);
        int wZero = operands->WZero is null ? 0 : Affine.Read8(operands->WZero + (m * problem.ZeroStride), _signedW);
        int bias = operands->Bias is null ? 0 : operands->Bias[m];
        float factor = _requantizes ? operands->XScale * operands->WScale[m * problem.ScaleStride] / operands->YScale : 0;
        (int low, int high) = _requantizes ? Affine.Range(problem.Y) : (0, 0);
        long index = plane * _output.Count;
        for (int d = 0; d < _output.D; d++)
        {
            for (int h = 0; h < _output.H; h++)
            {
                for (int c = 0; c < _output.W; c++, index++)
                {
                    int sum = unchecked(Sum(x, w, operands->XZero, wZero, d, h, c) + bias);
                    if (_requantizes)
                    {
                        operands->Y[index] = (byte)Affine.Requantize(sum, factor, operands->YZero, low, high);
                    }
                    else
                    {
                        ((int*)operands->Y)[index] = sum;
                    }
                }
            }
        }
    }

    private int Sum(byte* x, byte* w, int xZero, int wZero, int od, int oh, int ow)
    {
        int sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++)
        {
            for (int kd = 0; kd < _kernel.D; kd++)
            {
                for (int kh = 0; kh < _kernel.H; kh++)
                {
                    long d = Position(0, od, kd);
                    long h = Position(1, oh, kh);
                    bool inside = d >= 0 && d < _input.D && h >= 0 && h < _input.H;
                    byte* row = x + (((((long)c * _input.D) + d) * _input.H) + h) * _input.W;
                    for (int kw = 0; kw < _kernel.W; kw++, w++)
                    {
                        long column = Position(2, ow, kw);
                        if (inside && column >= 0 && column < _input.W)
                        {
                            sum = unchecked(sum + ((Affine.Read8(row + column, _signedX) - xZero) * (Affine.Read8(w, _signedW) - wZero)));
                        }
                    }
                }
            }
        }
        return sum;
    }

    private long Position(int axis, int output, int tap) =>
        ((long)output * problem.Window.Stride[axis]) + ((long)tap * problem.Window.Dilation[axis]) - problem.Window.PadBegin[axis];

    private struct Operands
    {
        public byte* X;
        public byte* W;
        public byte* WZero;
        public int* Bias;
        public float* WScale;
        public byte* Y;
        public float XScale;
        public float YScale;
        public int XZero;
        public int YZero;
    }
}
