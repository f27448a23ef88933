using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>The naive row: the formula of <see cref="ConvProblem"/>, one output after another, summed in double.</summary>
internal sealed unsafe class ConvReference<T>(ConvProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Extent _input = problem.Input;
    private readonly Extent _output = problem.Output;
    private readonly Window _window = problem.Window;

    public override void Run(in KernelContext context)
    {
        T* bias = problem.HasBias ? (T*)context.Input(2) : null;
        T* residual = problem.HasResidual ? (T*)context.Input(3) : null;
        T* y = (T*)context.Output(0);
        if (_output.Count == 0)
        {
            return;
        }
        long inputImage = problem.InputLayout.ImageElements(problem.InChannels, _input.Count);
        long outputImage = problem.OutputLayout.ImageElements(problem.OutChannels, _output.Count);
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int m = 0; m < problem.OutChannels; m++)
            {
                T* x = (T*)context.Input(0) + (n * inputImage);
                int channel = m / problem.GroupOutChannels * problem.GroupInChannels;
                T* w = (T*)context.Input(1) + (m * problem.Taps);
                for (int d = 0; d < _output.D; d++)
                {
                    for (int h = 0; h < _output.H; h++)
                    {
                        for (int c = 0; c < _output.W; c++)
                        {
                            long position = ((((long)d * _output.H) + h) * _output.W) + c;
                            long index = (n * outputImage) + problem.OutputLayout.Offset(m, position, _output.Count);
                            double sum = Sum(x, channel, w, d, h, c);
                            sum += bias is not null ? double.CreateTruncating(bias[m]) : 0;
                            sum += residual is not null ? double.CreateTruncating(residual[index]) : 0;
                            y[index] = T.CreateTruncating(problem.Activation.Apply(sum));
                        }
                    }
                }
            }
        }
    }

    private double Sum(T* x, int first, T* w, int od, int oh, int ow)
    {
        double sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++)
        {
            for (int kd = 0; kd < _window.Kernel.D; kd++)
            {
                for (int kh = 0; kh < _window.Kernel.H; kh++)
                {
                    for (int kw = 0; kw < _window.Kernel.W; kw++, w++)
                    {
                        long d = Position(0, od, kd);
                        long h = Position(1, oh, kh);
                        long column = Position(2, ow, kw);
                        if (d >= 0 && d < _input.D && h >= 0 && h < _input.H && column >= 0 && column < _input.W)
                        {
                            long at = problem.InputLayout.Offset(first + c, (((d * _input.H) + h) * _input.W) + column, _input.Count);
                            sum += double.CreateTruncating(x[at]) * double.CreateTruncating(*w);
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
