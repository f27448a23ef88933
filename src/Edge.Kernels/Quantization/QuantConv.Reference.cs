using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: one output after another; output channels are split among threads.</summary>
internal sealed unsafe class QuantConvReference(QuantConvProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var operands = new Operands
        {
            X = context.Input(0),
            W = (sbyte*)context.Input(1),
            Bias = (int*)context.Input(2),
            Multipliers = (int*)context.Input(3),
            Y = context.Output(0),
        };
        context.Pool.Run(this, &operands, &RunChannel, checked(problem.Batch * problem.OutChannels));
    }

    private static void RunChannel(object owner, void* state, int chunk) => ((QuantConvReference)owner).Convolve((Operands*)state, chunk);

    /// <param name="plane">n * M + m.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Convolve(Operands* operands, int plane)
    {
        int m = plane % problem.OutChannels;
        int n = plane / problem.OutChannels;
        int channel = m / problem.GroupOutChannels * problem.GroupInChannels;
        long position = 0;
        for (int d = 0; d < problem.Output.D; d++)
        {
            for (int h = 0; h < problem.Output.H; h++)
            {
                for (int w = 0; w < problem.Output.W; w++, position++)
                {
                    int sum = unchecked(operands->Bias[m] + Sum(operands, n, channel, m, d, h, w));
                    long at = Offset(problem.OutputLayout, n, m, position, problem.OutChannels, problem.Output.Count);
                    Affine.Write(operands->Y, problem.YType, at, Rescaling.Apply(sum, operands->Multipliers[m], problem.YZero, problem.Low, problem.High));
                }
            }
        }
    }

    private int Sum(Operands* operands, int n, int channel, int m, int od, int oh, int ow)
    {
        sbyte* w = operands->W + (m * problem.Taps);
        Extent kernel = problem.Window.Kernel;
        Extent input = problem.Input;
        int sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++)
        {
            for (int kd = 0; kd < kernel.D; kd++)
            {
                for (int kh = 0; kh < kernel.H; kh++)
                {
                    for (int kw = 0; kw < kernel.W; kw++, w++)
                    {
                        long d = Position(0, od, kd);
                        long h = Position(1, oh, kh);
                        long v = Position(2, ow, kw);
                        if (d >= 0 && d < input.D && h >= 0 && h < input.H && v >= 0 && v < input.W)
                        {
                            long position = (((d * input.H) + h) * input.W) + v;
                            int x = Affine.Read(operands->X, problem.XType, Offset(problem.InputLayout, n, channel + c, position, problem.InChannels, input.Count));
                            sum = unchecked(sum + ((x - problem.XZero) * *w));
                        }
                    }
                }
            }
        }
        return sum;
    }

    private static long Offset(Layout layout, long n, long channel, long position, long channels, long positions) =>
        layout == Layout.ChannelsLast ? (((n * positions) + position) * channels) + channel : (((n * channels) + channel) * positions) + position;

    private long Position(int axis, int output, int tap) =>
        ((long)output * problem.Window.Stride[axis]) + ((long)tap * problem.Window.Dilation[axis]) - problem.Window.PadBegin[axis];

    private struct Operands
    {
        public byte* X;
        public sbyte* W;
        public int* Bias;
        public int* Multipliers;
        public byte* Y;
    }
}
