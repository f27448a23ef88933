using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution channels last: sweeps tiles of pixels by a group of output channels over the output (<see cref="DotSweep{TTile}"/>). Nothing is
/// rearranged but the borders; the sums are rescaled and stored.
/// </summary>
/// <typeparam name="TTile">For the type of the input.</typeparam>
/// <typeparam name="TEnd">For the type of the result.</typeparam>
internal sealed unsafe class QuantConvDot<TTile, TEnd> : Kernel
    where TTile : struct, IDotTile
    where TEnd : struct, IDotEnd
{
    private readonly QuantConvProblem _problem;
    private readonly BytePadding _padding;
    private readonly DotWeights _weights;
    private readonly DotSweep<TTile> _sweep;
    private bool _isPacked;

    /// <param name="widens">The tile reads 16 bits where the input has 8.</param>
    public QuantConvDot(QuantConvProblem problem, bool widens = false)
    {
        _problem = problem;
        if (widens)
        {
            problem = problem.Widened;
        }
        _padding = new BytePadding(problem, widens: widens);
        _weights = new DotWeights(problem, _padding.RowBytes, TTile.Lanes);
        _sweep = new DotSweep<TTile>(problem, _padding, _weights);
    }

    public override long ScratchBytes => _padding.ScratchBytes;

    public override long PackedBytes => _weights.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _weights.Pack<TTile>((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _weights.Pack<TTile>((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        var image = new Image { Input = (sbyte*)context.Input(0), X = (sbyte*)context.Input(0), Y = context.Output(0) };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padding.IsNeeded)
            {
                image.X = (sbyte*)context.Scratch;
                context.Pool.Run(this, &image, &CopyRows, _padding.Items);
            }
            context.Pool.Run(this, &image, &RunItem, _sweep.Items);
            image.Input += _problem.Input.Count * _problem.InChannels * _problem.XType.Size();
            image.X = image.Input;
            image.Y += _problem.Output.Count * _problem.OutChannels * _problem.YType.Size();
        }
    }

    protected override void Dispose(bool disposing) => _weights.Dispose();

    private static void CopyRows(object owner, void* state, int item)
    {
        var image = (Image*)state;
        ((QuantConvDot<TTile, TEnd>)owner)._padding.CopyRows(image->Input, image->X, item);
    }

    private static void RunItem(object owner, void* state, int item) => ((QuantConvDot<TTile, TEnd>)owner).RunItem(*(Image*)state, item);

    private void RunItem(in Image image, int item)
    {
        (int group, int first, int count) = _sweep.Part(item);
        int outputBytes = _problem.YType.Size();
        (int channel, int channels) = _weights.OutputChannels(group);
        var finish = new DotFinish
        {
            Bias = _weights.Bias(group),
            Multipliers = _weights.Multipliers(group),
            AreSmall = _weights.MultipliersAreSmall,
            Y = image.Y + ((((long)first * _problem.OutChannels) + channel) * outputBytes),
            PixelStride = (long)_problem.OutChannels * outputBytes,
            Channels = channels,
            Zero = _problem.YZero,
            Low = _problem.Low,
            High = _problem.High,
        };
        _sweep.Run<TEnd>(image.X, group, first, count, finish);
    }

    /// <summary>The addresses of one image.</summary>
    private struct Image
    {
        public sbyte* Input;
        public sbyte* X;
        public byte* Y;
    }
}
