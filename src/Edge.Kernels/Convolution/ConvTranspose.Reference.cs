using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>The naive row: gathers for each output the inputs whose window covers it, summed in double.</summary>
internal sealed unsafe class ConvTransposeReference<T>(ConvTransposeProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Extent _input = problem.Input;
    private readonly Extent _output = problem.Output;
    private readonly Window _window = problem.Window;

    public override void Run(in KernelContext context)
    {
        T* bias = problem.HasBias ? (T*)context.Input(2) : null;
        T* y = (T*)context.Output(0);
        if (_output.Count == 0)
        {
            return;
        }
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int m = 0; m < problem.OutChannels; m++)
            {
                int group = m / problem.GroupOutChannels;
                T* x = (T*)context.Input(0) + (((long)n * problem.InChannels) + (group * problem.GroupInChannels)) * _input.Count;
                T* w = (T*)context.Input(1) + (((long)group * problem.GroupInChannels * problem.GroupOutChannels) + (m % problem.GroupOutChannels)) * _window.Kernel.Count;
                for (int d = 0; d < _output.D; d++)
                {
                    for (int h = 0; h < _output.H; h++)
                    {
                        for (int c = 0; c < _output.W; c++, y++)
                        {
                            double sum = Sum(x, w, d, h, c) + (bias is not null ? double.CreateTruncating(bias[m]) : 0);
                            *y = T.CreateTruncating(problem.Activation.Apply(sum));
                        }
                    }
                }
            }
        }
    }

    private double Sum(T* x, T* w, int od, int oh, int ow)
    {
        double sum = 0;
        for (int kd = 0; kd < _window.Kernel.D; kd++)
        {
            for (int kh = 0; kh < _window.Kernel.H; kh++)
            {
                for (int kw = 0; kw < _window.Kernel.W; kw++)
                {
                    long d = Source(0, od, kd);
                    long h = Source(1, oh, kh);
                    long column = Source(2, ow, kw);
                    if (d >= 0 && h >= 0 && column >= 0)
                    {
                        long tap = (((kd * _window.Kernel.H) + kh) * _window.Kernel.W) + kw;
                        long at = (((d * _input.H) + h) * _input.W) + column;
                        sum += SumChannels(x + at, w + tap);
                    }
                }
            }
        }
        return sum;
    }

    private double SumChannels(T* x, T* w)
    {
        double sum = 0;
        for (int c = 0; c < problem.GroupInChannels; c++)
        {
            sum += double.CreateTruncating(x[c * _input.Count]) * double.CreateTruncating(w[c * problem.GroupOutChannels * _window.Kernel.Count]);
        }
        return sum;
    }

    /// <summary>The input position that tap <paramref name="tap"/> carries to <paramref name="output"/>, or -1.</summary>
    private long Source(int axis, int output, int tap)
    {
        long scaled = output + (long)_window.PadBegin[axis] - ((long)tap * _window.Dilation[axis]);
        return scaled >= 0 && scaled % _window.Stride[axis] == 0 && scaled / _window.Stride[axis] < _input[axis] ? scaled / _window.Stride[axis] : -1;
    }
}
