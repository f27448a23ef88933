using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Moves channels of blocked tensors. A block that is a block of an input is copied; any other is put together from halves of
/// blocks: each half of four channels is loaded, its channels are shuffled to their places by bytes, and the halves are joined.
/// Most blocks take two source halves for each of their own. What is in its place already is left alone.
/// </summary>
internal sealed unsafe class ChannelMapBlocks : Kernel
{
    private const int Half = Layouts.Block / 2;

    /// <summary>Positions of an item: what is read several times stays in the first-level cache.</summary>
    private const int MostPositions = 256;

    /// <summary>Positions below which a chunk is not worth claiming.</summary>
    private const int LeastPositions = 1024;

    private readonly ChannelMapProblem _problem;
    private readonly Target[] _targets;
    private readonly AlignedBuffer _parts;
    private readonly AlignedBuffer _inputs;
    private readonly AlignedBuffer _outputs;
    private readonly int _runs;
    private readonly int _items;
    private readonly int _itemsPerChunk;

    public ChannelMapBlocks(ChannelMapProblem problem)
    {
        _problem = problem;
        var targets = new List<Target>();
        var parts = new List<Part>();
        int first = 0;
        for (int output = 0; output < problem.OutChannels.Length; output++)
        {
            for (int block = 0; block < Layouts.Blocks(problem.OutChannels[output]); block++)
            {
                int channels = Math.Min(Layouts.Block, problem.OutChannels[output] - (block * Layouts.Block));
                targets.Add(Plan(output, block, problem.Map.AsSpan(first + (block * Layouts.Block), channels), parts));
            }
            first += problem.OutChannels[output];
        }
        _targets = [.. targets];
        _parts = new AlignedBuffer((long)parts.Count * sizeof(Part));
        parts.ToArray().CopyTo(new Span<Part>(_parts.Data, parts.Count));
        _inputs = new AlignedBuffer(Math.Max(1, problem.InChannels.Length) * sizeof(float*));
        _outputs = new AlignedBuffer(Math.Max(1, problem.OutChannels.Length) * sizeof(float*));
        _runs = checked((int)((problem.Positions + MostPositions - 1) / MostPositions));
        _items = checked(problem.Batch * _targets.Length * _runs);
        _itemsPerChunk = (int)Math.Max(1, LeastPositions / Math.Clamp(problem.Positions, 1, MostPositions));
    }

    public override long PackedBytes => _parts.Bytes;

    public override void Run(in KernelContext context)
    {
        for (int i = 0; i < _problem.InChannels.Length; i++)
        {
            ((byte**)_inputs.Data)[i] = context.Input(i);
        }
        for (int i = 0; i < _problem.OutChannels.Length; i++)
        {
            ((byte**)_outputs.Data)[i] = context.Output(i);
        }
        context.Pool.Run(this, null, &RunChunk, (_items + _itemsPerChunk - 1) / _itemsPerChunk);
    }

    protected override void Dispose(bool disposing)
    {
        _parts.Dispose();
        _inputs.Dispose();
        _outputs.Dispose();
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = Unsafe.As<ChannelMapBlocks>(owner);
        int end = Math.Min(kernel._items, (chunk + 1) * kernel._itemsPerChunk);
        for (int item = chunk * kernel._itemsPerChunk; item < end; item++)
        {
            kernel.RunItem(item % kernel._runs, item / kernel._runs % kernel._targets.Length, item / kernel._runs / kernel._targets.Length);
        }
    }

    private void RunItem(int run, int index, int image)
    {
        Target target = _targets[index];
        long first = (long)run * MostPositions;
        int count = (int)Math.Min(MostPositions, _problem.Positions - first);
        var parts = (Part*)_parts.Data + target.FirstPart;
        float* y = ((float**)_outputs.Data)[target.Output]
            + (image * _problem.Layout.ImageElements(_problem.OutChannels[target.Output], _problem.Positions))
            + (((target.Block * _problem.Positions) + first) * Layouts.Block);
        long bytes = (long)count * Layouts.Block * sizeof(float);
        if (target.Parts == 0)
        {
            new Span<byte>(y, (int)bytes).Clear();
            return;
        }
        if (target.IsCopy)
        {
            float* x = Source(parts[0], image, first);
            if (x != y)
            {
                Buffer.MemoryCopy(x, y, bytes, bytes);
            }
            return;
        }
        Part* low = parts;
        Part* high = parts + 2;
        Join(
            Source(low[0], image, first), low[0].Bytes, Source(low[1], image, first), low[1].Bytes,
            Source(high[0], image, first), high[0].Bytes, Source(high[1], image, first), high[1].Bytes,
            y, count);
        for (int i = 4; i < target.Parts; i++)
        {
            Insert(Source(parts[i], image, first), parts[i].Bytes, y + parts[i].TargetHalf, count);
        }
    }

    private float* Source(in Part part, int image, long first) => ((float**)_inputs.Data)[part.Input]
        + (image * _problem.Layout.ImageElements(_problem.InChannels[part.Input], _problem.Positions))
        + (((part.Block * _problem.Positions) + first) * Layouts.Block) + part.Half;

    /// <summary>Each half of a block from two halves of blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Join(
        float* a, Vector128<byte> bytesA, float* b, Vector128<byte> bytesB, float* c, Vector128<byte> bytesC, float* d, Vector128<byte> bytesD, float* y, int count)
    {
        long end = (long)count * Layouts.Block;
        for (long i = 0; i < end; i += Layouts.Block)
        {
            Vector128<byte> low = Vector128.ShuffleNative(Vector128.Load(a + i).AsByte(), bytesA) | Vector128.ShuffleNative(Vector128.Load(b + i).AsByte(), bytesB);
            Vector128<byte> high = Vector128.ShuffleNative(Vector128.Load(c + i).AsByte(), bytesC) | Vector128.ShuffleNative(Vector128.Load(d + i).AsByte(), bytesD);
            low.AsSingle().Store(y + i);
            high.AsSingle().Store(y + i + Half);
        }
    }

    /// <summary>Adds channels to a half of a block whose places for them are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Insert(float* a, Vector128<byte> bytesA, float* y, int count)
    {
        long end = (long)count * Layouts.Block;
        for (long i = 0; i < end; i += Layouts.Block)
        {
            Vector128<byte> half = Vector128.ShuffleNative(Vector128.Load(a + i).AsByte(), bytesA) | Vector128.Load(y + i).AsByte();
            half.AsSingle().Store(y + i);
        }
    }

    /// <summary>How one block of an output is made.</summary>
    /// <param name="sources">The input channel of each of its channels; -1 for zeros.</param>
    private Target Plan(int output, int block, ReadOnlySpan<int> sources, List<Part> parts)
    {
        int start = parts.Count;
        List<Part> low = PlanHalf(sources[..Math.Min(Half, sources.Length)], 0);
        List<Part> high = PlanHalf(sources.Length > Half ? sources[Half..] : [], Half);
        if (low.Count + high.Count == 0)
        {
            return new Target(output, block, false, start, 0);
        }
        bool isCopy = sources.IndexOf(-1) < 0 && low.Count == 1 && high.Count <= 1 && low[0].IsInPlace(0)
            && (high.Count == 0 ? sources.Length <= Half : high[0].IsInPlace(Half) && high[0].Input == low[0].Input && high[0].Block == low[0].Block);
        // Halves with fewer than two sources read something and take nothing from it.
        Part filler = low.Concat(high).First() with { Bytes = Vector128.Create((byte)0x80) };
        foreach (List<Part> half in new[] { low, high })
        {
            while (half.Count < 2)
            {
                half.Add(filler with { TargetHalf = half == low ? 0 : Half });
            }
            parts.AddRange(half.Take(2));
        }
        parts.AddRange(low.Skip(2));
        parts.AddRange(high.Skip(2));
        return new Target(output, block, isCopy, start, parts.Count - start);
    }

    /// <summary>The source halves of up to four output channels.</summary>
    private List<Part> PlanHalf(ReadOnlySpan<int> sources, int targetHalf)
    {
        var parts = new List<Part>();
        for (int lane = 0; lane < sources.Length; lane++)
        {
            if (sources[lane] < 0)
            {
                continue;
            }
            ChannelPlace place = ChannelPlace.Find(_problem.InChannels, sources[lane]);
            var part = new Part(place.Tensor, place.Channel / Layouts.Block, place.Channel % Layouts.Block / Half * Half, targetHalf, Vector128.Create((byte)0x80));
            int index = parts.FindIndex(p => p.Input == part.Input && p.Block == part.Block && p.Half == part.Half);
            if (index < 0)
            {
                index = parts.Count;
                parts.Add(part);
            }
            parts[index] = parts[index] with { Bytes = WithLane(parts[index].Bytes, lane, place.Channel % Half) };
        }
        return parts;
    }

    private static Vector128<byte> WithLane(Vector128<byte> bytes, int targetLane, int sourceLane)
    {
        for (int i = 0; i < sizeof(float); i++)
        {
            bytes = bytes.WithElement((targetLane * sizeof(float)) + i, (byte)((sourceLane * sizeof(float)) + i));
        }
        return bytes;
    }

    /// <summary>A block of an output and the parts that it is made of: none where it is all zeros.</summary>
    private readonly record struct Target(int Output, long Block, bool IsCopy, int FirstPart, int Parts);

    /// <summary>Channels of a half block of an input that go to a half block of an output.</summary>
    /// <param name="Half">First of the four channels in the input's block.</param>
    /// <param name="TargetHalf">First of the four channels in the output's block.</param>
    /// <param name="Bytes">For each byte of the output's half the byte of the input's half; 0x80 for none.</param>
    private readonly record struct Part(int Input, long Block, int Half, int TargetHalf, Vector128<byte> Bytes)
    {
        private static readonly Vector128<byte> Same = Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

        /// <summary>Whether the channels that are taken stay in their lanes.</summary>
        public bool IsInPlace(int half) => Half == half && (Vector128.Equals(Bytes, Same) | Vector128.Equals(Bytes, Vector128.Create((byte)0x80))) == Vector128<byte>.AllBitsSet;
    }
}
