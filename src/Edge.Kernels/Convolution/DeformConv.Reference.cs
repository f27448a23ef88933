using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>The naive row: the formula of <see cref="DeformConvProblem"/>, one output after another, summed in double.</summary>
internal sealed unsafe class DeformConvReference<T>(DeformConvProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Extent _input = problem.Input;
    private readonly Extent _output = problem.Output;
    private readonly Extent _kernel = problem.Window.Kernel;
    private readonly int _groupIn = problem.InChannels / problem.Groups;
    private readonly int _groupOut = problem.OutChannels / problem.Groups;

    public override void Run(in KernelContext context)
    {
        T* bias = problem.HasBias ? (T*)context.Input(3) : null;
        T* y = (T*)context.Output(0);
        if (_output.Count == 0)
        {
            return;
        }
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int m = 0; m < problem.OutChannels; m++)
            {
                for (int h = 0; h < _output.H; h++)
                {
                    for (int w = 0; w < _output.W; w++, y++)
                    {
                        *y = T.CreateTruncating(Sum(context, n, m, h, w) + (bias is not null ? double.CreateTruncating(bias[m]) : 0));
                    }
                }
            }
        }
    }

    private double Sum(in KernelContext context, int n, int m, int oh, int ow)
    {
        double sum = 0;
        T* w = (T*)context.Input(1) + ((long)m * _groupIn * _kernel.Count);
        for (int c = 0; c < _groupIn; c++)
        {
            int channel = (m / _groupOut * _groupIn) + c;
            T* plane = (T*)context.Input(0) + ((((long)n * problem.InChannels) + channel) * _input.Count);
            long group = ((long)n * problem.OffsetGroups) + (channel / (problem.InChannels / problem.OffsetGroups));
            for (int kh = 0; kh < _kernel.H; kh++)
            {
                for (int kw = 0; kw < _kernel.W; kw++, w++)
                {
                    long tap = (group * _kernel.Count) + (kh * _kernel.W) + kw;
                    sum += double.CreateTruncating(*w) * Value(context, plane, tap, oh, ow, kh, kw);
                }
            }
        }
        return sum;
    }

    /// <summary>The masked, interpolated input of one tap.</summary>
    private double Value(in KernelContext context, T* plane, long tap, int oh, int ow, int kh, int kw)
    {
        Window window = problem.Window;
        long position = ((long)oh * _output.W) + ow;
        T* offset = (T*)context.Input(2) + (2 * tap * _output.Count) + position;
        double h = ((double)oh * window.Stride.H) + ((double)kh * window.Dilation.H) - window.PadBegin.H + double.CreateTruncating(offset[0]);
        double w = ((double)ow * window.Stride.W) + ((double)kw * window.Dilation.W) - window.PadBegin.W + double.CreateTruncating(offset[_output.Count]);
        double mask = problem.HasMask ? double.CreateTruncating(((T*)context.Input(4))[(tap * _output.Count) + position]) : 1;
        double top = Math.Floor(h);
        double left = Math.Floor(w);
        double down = h - top;
        double right = w - left;
        return mask * (((1 - down) * (((1 - right) * At(plane, top, left)) + (right * At(plane, top, left + 1))))
            + (down * (((1 - right) * At(plane, top + 1, left)) + (right * At(plane, top + 1, left + 1)))));
    }

    private double At(T* plane, double h, double w) =>
        h >= 0 && h < _input.H && w >= 0 && w < _input.W ? double.CreateTruncating(plane[((long)h * _input.W) + (long)w]) : 0;
}
