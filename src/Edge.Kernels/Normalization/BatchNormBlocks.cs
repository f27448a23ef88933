using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>Makes the vector rows of batch normalization of blocks of channels.</summary>
internal static class BatchNormBlocks
{
    public static bool Fits(BatchNormProblem problem) =>
        problem is { Type: DataType.F32, Training: false, Layout: Layout.Blocked8 } && problem.Batch * problem.Channels * problem.Spatial > 0;

    public static Kernel Create<TLanes>(BatchNormProblem problem) where TLanes : struct, ILanes<TLanes> =>
        Epilogues.Visit<Factory<TLanes>, Kernel>(problem.Activation.Kind, new Factory<TLanes>(problem));

    private readonly struct Factory<TLanes>(BatchNormProblem problem) : IEpilogueVisitor<Kernel> where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new BatchNormBlocks<TLanes, TEpilogue>(problem);
    }
}

/// <summary>Walks through each block with its means, factors and biases in registers; the activation is applied there too.</summary>
internal sealed unsafe class BatchNormBlocks<TLanes, TEpilogue> : Kernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Positions of a piece: an activation that is no epilogue finds it in the first-level cache.</summary>
    private const int MostPositions = 256;

    private readonly BatchNormProblem _problem;
    private readonly AlignedBuffer _parameters;
    private readonly int _blocks;
    private readonly long _piecesPerBlock;
    private readonly long _pieces;
    private readonly int _piecesPerChunk;
    private bool _isBound;

    public BatchNormBlocks(BatchNormProblem problem)
    {
        _problem = problem;
        _blocks = Layouts.Blocks(problem.Channels);
        _parameters = new AlignedBuffer(3L * _blocks * Layouts.Block * sizeof(float));
        _piecesPerBlock = (problem.Spatial + MostPositions - 1) / MostPositions;
        _pieces = problem.Batch * _blocks * _piecesPerBlock;
        _piecesPerChunk = (int)Math.Max(1, Chunks.Elements / (Math.Min(problem.Spatial, MostPositions) * Layouts.Block));
    }

    public override long PackedBytes => _parameters.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } scale && inputs[2] is { } bias && inputs[3] is { } mean && inputs[4] is { } variance)
        {
            Bind((float*)scale.Data, (float*)bias.Data, (float*)mean.Data, (float*)variance.Data);
            _isBound = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isBound)
        {
            Bind((float*)context.Input(1), (float*)context.Input(2), (float*)context.Input(3), (float*)context.Input(4));
        }
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, checked((int)((_pieces + _piecesPerChunk - 1) / _piecesPerChunk)));
    }

    protected override void Dispose(bool disposing) => _parameters.Dispose();

    /// <summary>For each block 8 means, 8 factors, 8 biases; 0 in unused lanes.</summary>
    private void Bind(float* scale, float* bias, float* mean, float* variance)
    {
        var parameters = (float*)_parameters.Data;
        for (int channel = 0; channel < _problem.Channels; channel++)
        {
            float* at = parameters + (channel / Layouts.Block * 3 * Layouts.Block) + (channel % Layouts.Block);
            at[0] = mean[channel];
            at[Layouts.Block] = (float)(scale[channel] / Math.Sqrt((double)variance[channel] + _problem.Epsilon));
            at[2 * Layouts.Block] = bias[channel];
        }
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = Unsafe.As<BatchNormBlocks<TLanes, TEpilogue>>(owner);
        var ends = (Ends*)state;
        Activation activation = kernel._problem.Activation;
        long end = Math.Min(kernel._pieces, ((long)chunk + 1) * kernel._piecesPerChunk);
        for (long piece = (long)chunk * kernel._piecesPerChunk; piece < end; piece++)
        {
            long block = piece / kernel._piecesPerBlock;
            long first = piece % kernel._piecesPerBlock * MostPositions;
            long at = ((block * kernel._problem.Spatial) + first) * Layouts.Block;
            long count = Math.Min(MostPositions, kernel._problem.Spatial - first) * Layouts.Block;
            float* parameters = (float*)kernel._parameters.Data + (block % kernel._blocks * 3 * Layouts.Block);
            Normalize(ends->Source + at, ends->Target + at, count, parameters, activation.Alpha, activation.Beta);
            if (Epilogues.IsSeparate(activation.Kind))
            {
                activation.ApplyInPlace(ends->Target + at, count);
            }
        }
    }

    /// <summary>target = epilogue((source - means) * factors + biases); the two may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(float* source, float* target, long count, float* parameters, float alpha, float beta)
    {
        for (int lane = 0; lane < Layouts.Block; lane += TLanes.Count)
        {
            TLanes means = TLanes.Load(parameters + lane);
            TLanes factors = TLanes.Load(parameters + Layouts.Block + lane);
            TLanes biases = TLanes.Load(parameters + (2 * Layouts.Block) + lane);
            for (long i = lane; i < count; i += Layouts.Block)
            {
                TLanes y = TLanes.MultiplyAdd(TLanes.Subtract(TLanes.Load(source + i), means), factors, biases);
                TLanes.Store(TEpilogue.Apply(y, alpha, beta), target + i);
            }
        }
    }

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
