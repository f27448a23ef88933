using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>3x3 convolution of bytes by integer Winograd (<see cref="WinogradSweep{TProducts}"/>), whose sums are rescaled and stored.</summary>
internal sealed unsafe class QuantWinograd<TProducts>(QuantConvProblem problem) : Kernel where TProducts : struct, IWinogradProducts
{
    private readonly WinogradSweep<TProducts> _sweep = new(problem);
    private bool _isPacked;

    public override long ScratchBytes => checked(AlignedBuffer.Align(_sweep.Padding.ScratchBytes) + _sweep.ScratchBytes);

    public override long PackedBytes => _sweep.Weights.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _sweep.Weights.Pack<TProducts>((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _sweep.Weights.Pack<TProducts>((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        byte* scratch = context.Scratch + AlignedBuffer.Align(_sweep.Padding.ScratchBytes);
        var image = new Image { Input = (sbyte*)context.Input(0), Padded = (sbyte*)context.Scratch };
        DotFinish finish = _sweep.Weights.Numbers.Finish(0);
        finish.Channels = problem.OutChannels;
        finish.Y = context.Output(0);
        for (int n = 0; n < problem.Batch; n++)
        {
            sbyte* x = image.Input;
            if (_sweep.Padding.IsNeeded)
            {
                x = image.Padded;
                context.Pool.Run(this, &image, &CopyRows, _sweep.Padding.Items);
            }
            _sweep.Run<DotBytes>(context.Pool, x, scratch, finish, TProducts.Lanes);
            image.Input += problem.Input.Count * problem.InChannels;
            finish.Y += problem.Output.Count * problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => _sweep.Dispose();

    private static void CopyRows(object owner, void* state, int item)
    {
        var image = (Image*)state;
        ((QuantWinograd<TProducts>)owner)._sweep.Padding.CopyRows(image->Input, image->Padded, item);
    }

    private struct Image
    {
        public sbyte* Input;
        public sbyte* Padded;
    }
}
