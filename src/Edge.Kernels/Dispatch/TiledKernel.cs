using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Dispatch;

/// <summary>
/// A kernel that splits its work into numbered tiles, which threads claim one by one, each from its own range first
/// (<see cref="ChunkRanges"/>). Each thread has working memory of its own. What a tile computes does not depend on the
/// thread, so results do not depend on the number of threads.
/// </summary>
public abstract unsafe class TiledKernel : Kernel
{
    /// <summary>Most threads that can work at once: more than processors would not help.</summary>
    private static readonly int MostSlots = Math.Max(2, Environment.ProcessorCount);

    private readonly int _inputs;
    private readonly ChunkRanges _ranges = new(MostSlots);
    private int _tiles;
    private long _slotBytes;

    /// <param name="inputs">Number of inputs that are read, at most 4.</param>
    protected TiledKernel(int inputs)
    {
        _inputs = inputs;
    }

    public override long ScratchBytes => Math.Min(MostSlots, _tiles) * _slotBytes;

    public override void Run(in KernelContext context)
    {
        var arguments = new TileArguments(context, _inputs);
        int slots = Math.Min(context.Pool.Threads, Math.Min(MostSlots, _tiles));
        _ranges.Deal(_tiles, slots);
        context.Pool.Run(this, &arguments, &Work, slots);
    }

    /// <summary>Sets the number of tiles and the working memory that each thread needs; called before the first run.</summary>
    protected void SetTiles(long tiles, long slotBytes)
    {
        _tiles = checked((int)tiles);
        _slotBytes = AlignedBuffer.Align(slotBytes);
    }

    /// <summary>Computes one tile.</summary>
    /// <param name="scratch">The calling thread's working memory, of undefined content.</param>
    protected abstract void RunTile(in TileArguments arguments, int tile, byte* scratch);

    private static void Work(object owner, void* state, int slot)
    {
        var kernel = (TiledKernel)owner;
        var arguments = (TileArguments*)state;
        byte* scratch = arguments->Scratch + (slot * kernel._slotBytes);
        while (kernel._ranges.TryClaim(slot, out int tile))
        {
            kernel.RunTile(*arguments, tile, scratch);
        }
    }
}

/// <summary>The addresses of a run, as tiles see them.</summary>
public readonly unsafe struct TileArguments
{
    private readonly byte* _input0;
    private readonly byte* _input1;
    private readonly byte* _input2;
    private readonly byte* _input3;

    internal TileArguments(in KernelContext context, int inputs)
    {
        _input0 = inputs > 0 ? context.Input(0) : null;
        _input1 = inputs > 1 ? context.Input(1) : null;
        _input2 = inputs > 2 ? context.Input(2) : null;
        _input3 = inputs > 3 ? context.Input(3) : null;
        Output = context.Output(0);
        Scratch = context.Scratch;
    }

    public byte* Output { get; }

    internal byte* Scratch { get; }

    /// <summary>Start of input <paramref name="index"/> as float32; null where it is absent.</summary>
    public float* Input(int index) => (float*)(index switch
    {
        0 => _input0,
        1 => _input1,
        2 => _input2,
        _ => _input3,
    });
}
