using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>Convolution of bytes by integer Winograd, whose sums are rescaled and stored.</summary>
internal sealed unsafe class QuantWinograd(QuantConvProblem problem, WinogradSweep<DotBytes> sweep) : Kernel
{
    private bool _isPacked;

    public override long ScratchBytes => checked(AlignedBuffer.Align(Padding.ScratchBytes) + sweep.ScratchBytes);

    public override long PackedBytes => sweep.PackedBytes;

    private BytePadding Padding => sweep.Padding;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            Pack((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            Pack((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        byte* scratch = context.Scratch + AlignedBuffer.Align(Padding.ScratchBytes);
        var image = new Image { Input = (sbyte*)context.Input(0), Padded = (sbyte*)context.Scratch };
        DotFinish finish = sweep.Numbers.Finish();
        finish.Y = context.Output(0);
        for (int n = 0; n < problem.Batch; n++)
        {
            sbyte* x = image.Input;
            if (Padding.IsNeeded)
            {
                x = image.Padded;
                context.Pool.Run(this, &image, &CopyRows, Padding.Items);
            }
            sweep.Run(context.Pool, x, scratch, finish, sweep.Numbers.Lanes);
            image.Input += problem.Input.Count * problem.InChannels;
            finish.Y += problem.Output.Count * problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => sweep.Dispose();

    private static void CopyRows(object owner, void* state, int item)
    {
        var image = (Image*)state;
        ((QuantWinograd)owner).Padding.CopyRows(image->Input, image->Padded, item);
    }

    private void Pack(sbyte* weights, int* bias, int* multipliers)
    {
        sweep.PackSums(weights);
        sweep.Numbers.Pack(bias, multipliers);
    }

    private struct Image
    {
        public sbyte* Input;
        public sbyte* Padded;
    }
}
