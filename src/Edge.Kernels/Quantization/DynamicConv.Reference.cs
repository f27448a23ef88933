using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: quantizes all of x, then computes one output after another; output channels are split among threads.</summary>
internal sealed unsafe class DynamicConvReference(DynamicConvProblem problem) : Kernel
{
    public override long ScratchBytes => checked(problem.Batch * (long)problem.InChannels * problem.Input.Count);

    public override void Run(in KernelContext context)
    {
        var operands = new Operands
        {
            X = (sbyte*)context.Scratch,
            W = (sbyte*)context.Input(1),
            WScales = (float*)context.Input(2),
            Bias = problem.HasBias ? (float*)context.Input(3) : null,
            Y = (float*)context.Output(0),
        };
        operands.Scale = Quantize((float*)context.Input(0), operands.X);
        context.Pool.Run(this, &operands, &RunChannel, checked(problem.Batch * problem.OutChannels));
    }

    /// <summary>Writes the integers for x, planar.</summary>
    private DynamicScale Quantize(float* x, sbyte* target)
    {
        float min = 0;
        float max = 0;
        DynamicScale scale = default;
        for (int pass = 0; pass < 2; pass++)
        {
            long at = 0;
            for (int n = 0; n < problem.Batch; n++)
            {
                for (int c = 0; c < problem.InChannels; c++)
                {
                    for (long position = 0; position < problem.Input.Count; position++, at++)
                    {
                        float value = x[Offset(problem.InputLayout, n, c, position, problem.InChannels, problem.Input.Count)];
                        if (pass == 1)
                        {
                            target[at] = scale.Quantize(value);
                            continue;
                        }
                        min = value < min ? value : min;
                        max = value > max ? value : max;
                    }
                }
            }
            scale = DynamicScale.Of(min, max);
        }
        return scale;
    }

    private static void RunChannel(object owner, void* state, int chunk) => ((DynamicConvReference)owner).Convolve((Operands*)state, chunk);

    /// <param name="plane">n * M + m.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Convolve(Operands* operands, int plane)
    {
        int m = plane % problem.OutChannels;
        int n = plane / problem.OutChannels;
        long channel = ((long)n * problem.InChannels) + (m / problem.GroupOutChannels * problem.GroupInChannels);
        sbyte* x = operands->X + (channel * problem.Input.Count);
        sbyte* w = operands->W + (m * problem.Taps);
        float scale = operands->Scale.Scale * operands->WScales[m];
        float bias = (operands->Bias is null ? 0 : operands->Bias[m]) + 0f;
        long position = 0;
        for (int d = 0; d < problem.Output.D; d++)
        {
            for (int h = 0; h < problem.Output.H; h++)
            {
                for (int v = 0; v < problem.Output.W; v++, position++)
                {
                    float product = Sum(x, w, operands->Scale.Zero, d, h, v) * scale;
                    float y = product + bias;
                    y = y < problem.Least ? problem.Least : y > problem.Most ? problem.Most : y;
                    operands->Y[Offset(problem.OutputLayout, n, m, position, problem.OutChannels, problem.Output.Count)] = y;
                }
            }
        }
    }

    private int Sum(sbyte* x, sbyte* w, int zero, int od, int oh, int ow)
    {
        Extent kernel = problem.Window.Kernel;
        Extent input = problem.Input;
        int sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++, x += input.Count)
        {
            for (int kd = 0; kd < kernel.D; kd++)
            {
                for (int kh = 0; kh < kernel.H; kh++, w += kernel.W)
                {
                    long d = Position(0, od, kd);
                    long h = Position(1, oh, kh);
                    if (d < 0 || d >= input.D || h < 0 || h >= input.H)
                    {
                        continue;
                    }
                    sbyte* row = x + (((d * input.H) + h) * input.W);
                    for (int kw = 0; kw < kernel.W; kw++)
                    {
                        long v = Position(2, ow, kw);
                        if (v >= 0 && v < input.W)
                        {
                            sum = unchecked(sum + ((row[v] - zero) * w[kw]));
                        }
                    }
                }
            }
        }
        return sum;
    }

    private static long Offset(Layout layout, long n, long channel, long position, int channels, long positions) => layout == Layout.ChannelsLast
        ? (((n * positions) + position) * channels) + channel
        : (n * layout.ImageElements(channels, positions)) + layout.Offset(channel, position, positions);

    private long Position(int axis, int output, int tap) =>
        ((long)output * problem.Window.Stride[axis]) + ((long)tap * problem.Window.Dilation[axis]) - problem.Window.PadBegin[axis];

    private struct Operands
    {
        public sbyte* X;
        public sbyte* W;
        public float* WScales;
        public float* Bias;
        public float* Y;
        public DynamicScale Scale;
    }
}
