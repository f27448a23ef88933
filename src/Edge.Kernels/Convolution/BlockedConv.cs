using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>Makes the direct rows of <see cref="ConvKernels"/> that write blocks of channels.</summary>
internal static class BlockedConv
{
    /// <summary>Blocked output from blocked or planar input, in H and W; groups that begin at a block.</summary>
    public static bool Fits(ConvProblem problem) =>
        problem.Type == DataType.F32 && problem.OutputLayout == Layout.Blocked8 && !problem.IsEmpty && HasGoodShape(problem)
        && (problem.Groups == 1 || (problem.InputLayout == Layout.Blocked8 && GroupsAreBlocks(problem)));

    /// <summary>Whether the convolution slides over H and W only and its offsets fit 32 bits.</summary>
    public static bool HasGoodShape(ConvProblem problem)
    {
        Window window = problem.Window;
        double height = ((double)problem.Output.H * window.Stride.H) + window.Span(1);
        double width = ((double)problem.Output.W * window.Stride.W) + window.Span(2);
        return problem.Input.D == 1 && problem.Output.D == 1 && window.Kernel.D == 1 && window.PadBegin.D == 0
            && height * width * (problem.InChannels + Layouts.Block) < int.MaxValue / 2 && problem.Taps < int.MaxValue / 64;
    }

    /// <summary>Whether every group reads and writes whole blocks.</summary>
    public static bool GroupsAreBlocks(ConvProblem problem) =>
        problem.GroupInChannels % Layouts.Block == 0 && problem.GroupOutChannels % Layouts.Block == 0;

    /// <summary>Estimated time: the products with their weights, and the copy with spelled-out padding.</summary>
    public static double Cost(ConvProblem problem, CostModel model)
    {
        // Tiles cover whole blocks and no more.
        double outChannels = (double)RoundUp(problem.GroupOutChannels, Layouts.Block) * problem.Groups;
        double products = RoundUp(problem.Output.Count, 2) * (double)problem.Taps * outChannels;
        double copied = problem.Window.PadBegin == Extent.Zero ? 0 : problem.InputLayout.ImageElements(problem.InChannels, problem.Input.Count) / (double)Layouts.Block;
        return problem.Batch * (model.Time(products, problem.Taps * outChannels * sizeof(float)) + (copied / model.VectorOperations));
    }

    public static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;

    public static Kernel Create<TTile>(ConvProblem problem) where TTile : struct, IPixelTile =>
        Epilogues.Visit<Factory<TTile>, Kernel>(problem.Activation.Kind, new Factory<TTile>(problem));

    private readonly struct Factory<TTile>(ConvProblem problem) : IEpilogueVisitor<Kernel>
        where TTile : struct, IPixelTile
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new BlockedConv<TTile, TEpilogue>(problem);
    }
}

/// <summary>
/// Direct convolution: sweeps pixel tiles over the output, one run of positions and one group of output channels at a time.
/// Nothing is rearranged but the borders; some taps of a group at a time, whose weights stay in the first-level cache.
/// </summary>
internal sealed unsafe class BlockedConv<TTile, TEpilogue> : Kernel
    where TTile : struct, IPixelTile
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Multiply-adds that are worth handing to a thread: some tens of microseconds.</summary>
    private const long ItemWork = 2_500_000;

    /// <summary>Weights of one sweep: three quarters of a first-level cache of 32 KiB. The input streams past them from the second level.</summary>
    private const int SweepBytes = 24 * 1024;

    /// <summary>Input of one run, where all groups of output channels read it one after another: a quarter of a second-level cache.</summary>
    private const long RunBytes = 128 * 1024;

    /// <summary>Positions after which an activation of its own pass is applied, while they are in the first-level cache; whole tiles.</summary>
    private const int ActivationPixels = 240;

    private readonly ConvProblem _problem;
    private readonly PaddedInput _padded;
    private readonly TapWeights _weights;
    private readonly AlignedBuffer _taps;
    private readonly AlignedBuffer _zeros;
    private readonly int _element;
    private readonly int _tapCount;
    private readonly int _tapsPerSweep;
    private readonly int _runs;
    private readonly bool _weightsOutside;
    private bool _hasWeights;
    private bool _hasBias;

    public BlockedConv(ConvProblem problem)
    {
        _problem = problem;
        _element = problem.InputLayout == Layout.Planar ? 1 : Layouts.Block;
        _padded = new PaddedInput(problem, _element);
        _weights = new TapWeights(problem, TTile.TakeChannels, _element);
        _zeros = new AlignedBuffer(_weights.WidestGroup * sizeof(float));
        _taps = MakeTaps(out _tapCount);
        long groupBytes = problem.Taps * _weights.WidestGroup * sizeof(float);
        long sweeps = (groupBytes + SweepBytes - 1) / SweepBytes;
        _tapsPerSweep = (int)((_tapCount + sweeps - 1) / sweeps);
        _weightsOutside = _weights.Bytes > _padded.Planes * _padded.PlaneFloats * sizeof(float);
        long positions = problem.Output.Count;
        long tiles = (positions + TTile.Pixels - 1) / TTile.Pixels;
        long runs = (positions * problem.Taps * TTile.Channels / ItemWork) + 1;
        if (!_weightsOutside)
        {
            runs = Math.Max(runs, problem.InChannels * problem.Input.Count * sizeof(float) / RunBytes);
        }
        runs = Math.Min(tiles, runs);
        _runs = (int)(runs * _weights.Groups < 4 ? Math.Min(tiles, 4) : runs);
    }

    public override long ScratchBytes => _padded.ScratchBytes;

    public override long PackedBytes => _weights.Bytes + _taps.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights)
        {
            _weights.PackWeights((float*)weights.Data);
            _hasWeights = true;
        }
        if (_problem.HasBias && inputs[2] is { } bias)
        {
            _weights.PackBias((float*)bias.Data);
            _hasBias = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_hasWeights)
        {
            _weights.PackWeights((float*)context.Input(1));
        }
        if (_problem.HasBias && !_hasBias)
        {
            _weights.PackBias((float*)context.Input(2));
        }
        long inputImage = _problem.InputLayout.ImageElements(_problem.InChannels, _problem.Input.Count);
        long outputImage = _problem.OutputLayout.ImageElements(_problem.OutChannels, _problem.Output.Count);
        var run = new Image
        {
            Input = (float*)context.Input(0),
            X = (float*)context.Input(0),
            Y = (float*)context.Output(0),
            Residual = _problem.HasResidual ? (float*)context.Input(3) : null,
        };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padded.IsNeeded)
            {
                run.X = (float*)context.Scratch;
                context.Pool.Run(this, &run, &CopyPlane, _padded.Planes);
            }
            context.Pool.Run(this, &run, &RunItem, checked(_runs * _weights.Groups));
            run.Input += inputImage;
            run.X += inputImage;
            run.Y += outputImage;
            run.Residual += run.Residual is null ? 0 : outputImage;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _taps.Dispose();
        _zeros.Dispose();
    }

    private AlignedBuffer MakeTaps(out int count)
    {
        Extent kernel = _problem.Window.Kernel;
        Extent dilation = _problem.Window.Dilation;
        int planes = (_problem.GroupInChannels + _element - 1) / _element;
        // The taps of a row of planar input lie side by side, as the lanes of a block do.
        int inRow = _element == 1 && dilation.W == 1 ? kernel.W : 1;
        count = checked(planes * kernel.H * (kernel.W / inRow));
        var buffer = new AlignedBuffer((long)count * sizeof(Tap));
        var next = (Tap*)buffer.Data;
        for (int plane = 0; plane < planes; plane++)
        {
            int lanes = inRow * Math.Min(_element, _problem.GroupInChannels - (plane * _element));
            for (int h = 0; h < kernel.H; h++)
            {
                for (int w = 0; w < kernel.W; w += inRow)
                {
                    long offset = (((((long)plane * _padded.Height) + ((long)h * dilation.H)) * _padded.Width) + ((long)w * dilation.W)) * _element;
                    *next++ = new Tap(checked((int)offset), lanes);
                }
            }
        }
        return buffer;
    }

    private static void CopyPlane(object owner, void* state, int plane)
    {
        var image = (Image*)state;
        ((BlockedConv<TTile, TEpilogue>)owner)._padded.CopyPlane(image->Input, image->X, plane);
    }

    private static void RunItem(object owner, void* state, int item) => ((BlockedConv<TTile, TEpilogue>)owner).RunItem(*(Image*)state, item);

    private void RunItem(in Image image, int item)
    {
        int group = _weightsOutside ? item / _runs : item % _weights.Groups;
        int run = _weightsOutside ? item % _runs : item / _weights.Groups;
        long positions = _problem.Output.Count;
        int first = (int)(positions * run / _runs);
        int count = (int)(positions * (run + 1) / _runs) - first;
        (int channel, _) = _weights.OutputChannels(group);
        long at = ((channel / Layouts.Block * positions) + first) * Layouts.Block;
        var finish = new PixelFinish
        {
            Y = image.Y + at,
            BlockStride = positions * Layouts.Block,
            Channels = _weights.Width(group),
            Bias = _weights.Bias(group),
            Addend = image.Residual is null ? null : image.Residual + at,
            Alpha = _problem.Activation.Alpha,
            Beta = _problem.Activation.Beta,
        };
        float* x = image.X + (group / _weights.GroupsPerConvGroup * (_problem.GroupInChannels / _element) * _padded.PlaneFloats);
        int part = Epilogues.IsSeparate(_problem.Activation.Kind) && _tapsPerSweep == _tapCount ? ActivationPixels : count;
        for (int done = 0; done < count; done += part)
        {
            RunPart(x, _weights.Weights(group), first + done, Math.Min(part, count - done), finish);
            finish.Y += (long)part * Layouts.Block;
            finish.Addend += finish.Addend is null ? 0 : (long)part * Layouts.Block;
        }
    }

    /// <summary>Sums all taps for some positions.</summary>
    private void RunPart(float* x, float* w, int first, int count, PixelFinish finish)
    {
        for (int tap = 0; tap < _tapCount; tap += _tapsPerSweep)
        {
            int taps = Math.Min(_tapsPerSweep, _tapCount - tap);
            finish.Last = tap + taps == _tapCount;
            w = Sweep(x, (Tap*)_taps.Data + tap, taps, w, first, count, finish);
            finish.Addend = finish.Y;
            finish.Bias = (float*)_zeros.Data;
        }
        if (Epilogues.IsSeparate(_problem.Activation.Kind))
        {
            for (int block = 0; block < finish.Channels / Layouts.Block; block++)
            {
                _problem.Activation.ApplyInPlace(finish.Y + (block * finish.BlockStride), (long)count * Layouts.Block);
            }
        }
    }

    /// <summary>Sums some taps for a run of positions; returns the weights that follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private float* Sweep(float* x, Tap* taps, int tapCount, float* w, int first, int count, PixelFinish finish)
    {
        int* offsets = stackalloc int[TTile.MostPixels];
        long lanes = 0;
        for (int i = 0; i < tapCount; i++)
        {
            lanes += taps[i].Lanes;
        }
        float* next = w + (lanes * finish.Channels);
        int column = first % _problem.Output.W;
        int rowFloats = _padded.Width * _element * _problem.Window.Stride.H;
        int step = _element * _problem.Window.Stride.W;
        int row = first / _problem.Output.W * rowFloats;
        int width = _problem.Output.W;
        for (int tile = 0; count > 0; tile++)
        {
            int pixels = TTile.Take(count, finish.Channels);
            int offset = 0;
            for (int i = 0; i < pixels; i++)
            {
                offset = row + (column * step);
                offsets[i] = offset;
                if (++column == width)
                {
                    column = 0;
                    row += rowFloats;
                }
            }
            for (int i = pixels; i < TTile.MostPixels; i++)
            {
                offsets[i] = offset;
            }
            byte* prefetch = (byte*)next + ((tile & 7) * (long)tapCount * Prefetch.LineBytes);
            TTile.Multiply<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
            finish.Y += pixels * Layouts.Block;
            finish.Addend += finish.Addend is null ? 0 : pixels * Layouts.Block;
            count -= pixels;
        }
        return next;
    }

    /// <summary>The addresses of one image.</summary>
    private struct Image
    {
        public float* Input;
        public float* X;
        public float* Y;
        public float* Residual;
    }
}
