using System.Runtime.InteropServices;
using Edge.Kernels.MachineCode;

namespace Edge.Kernels.Quantization;

/// <summary>What a program for depthwise convolution is called with.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VnniDepthwiseCall
{
    /// <summary>First input byte of the first pixel.</summary>
    public sbyte* X;

    /// <summary>(units, 4 taps): bytes from a pixel to each tap.</summary>
    public int* Offsets;

    public long Units;

    /// <summary>(units, 4 vectors, lanes of 32 bits, 4 taps)</summary>
    public byte* W;

    /// <summary>Sums to begin with, in the order of <see cref="Sums"/>.</summary>
    public int* Bias;

    /// <summary>(pixels, 4 vectors, lanes of 32 bits)</summary>
    public int* Sums;

    /// <summary>Bytes from pixel to pixel of the input.</summary>
    public long Step;

    /// <summary>At least 1.</summary>
    public long Pixels;
}

/// <summary>
/// Depthwise convolution for AVX-512 VNNI, assembled once per process: four taps of 16, 32 or 64 channels are interleaved, so that a vpdpbusd
/// sums those of each channel. Unpacking works within 128 bits: vector j of four has channels 16 * q + 4 * j to + 3 in its part q.
/// </summary>
internal static unsafe class VnniDepthwiseCode
{
    /// <summary>Taps that are interleaved.</summary>
    public const int Taps = 4;

    /// <summary>Vectors of sums, which is as many as bytes in 32 bits.</summary>
    public const int Vectors = 4;

    private const int Inputs = 8;
    private const int Pairs = 12;
    private const int Quads = 16;
    private const int Bias = 20;
    private const int Shift = 24;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr X = Gpr.Rax;
    private const Gpr Offsets = Gpr.Rcx;
    private const Gpr W = Gpr.Rdx;
    private const Gpr Sums = Gpr.Rsi;
    private const Gpr Step = Gpr.R8;
    private const Gpr Pixels = Gpr.R9;
    private const Gpr Zero = Gpr.R10;
    private const Gpr Offset = Gpr.R11;
    private const Gpr OffsetsEnd = Gpr.Rbx;
    private const Gpr Weights = Gpr.Rbp;

    private static readonly Gpr[] TapOffsets = [Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15];
    private static readonly Gpr[] Saved = [Gpr.Rbx, Gpr.Rbp, .. TapOffsets];
    private static readonly Lazy<nint[]> Programs = new(Assemble);

    /// <summary>Whether the programs could be published.</summary>
    public static bool IsSupported => CodePages.IsSupported && Array.IndexOf(Programs.Value, 0) < 0;

    /// <summary>The program for 16, 32 or 64 channels.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<VnniDepthwiseCall*, void> Program(int lanes) =>
        (delegate* unmanaged[SuppressGCTransition]<VnniDepthwiseCall*, void>)Programs.Value[lanes >> 5];

    private static nint[] Assemble()
    {
        var starts = new int[3];
        var assembler = new X64Assembler();
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = assembler.Position;
            assembler.VectorBytes = 16 << i;
            Row(assembler);
        }
        return CodePages.Publish(assembler, starts);
    }

    private static void Row(X64Assembler to)
    {
        Array.ForEach(Saved, to.Push);
        Begin(to);
        int pixel = to.Position;
        for (int j = 0; j < Vectors; j++)
        {
            to.VectorMove(j, Bias + j);
        }
        to.Address(Offset, Offsets, 0);
        to.Address(Weights, W, 0);
        int unit = to.Position;
        Unit(to);
        to.Compare(Offset, OffsetsEnd);
        to.JumpIfLess(unit);
        for (int j = 0; j < Vectors; j++)
        {
            to.VectorStore(j, Sums, j * to.VectorBytes);
        }
        to.Add(Sums, Vectors * to.VectorBytes);
        to.Add(X, Step);
        to.Add(Pixels, -1);
        to.Compare(Zero, Pixels);
        to.JumpIfLess(pixel);
        to.ZeroUpper();
        Array.ForEach([.. Saved.Reverse()], to.Pop);
        to.Return();
    }

    private static void Begin(X64Assembler to)
    {
        to.Load(Weights, Arguments, Field(nameof(VnniDepthwiseCall.Bias)));
        for (int j = 0; j < Vectors; j++)
        {
            to.VectorLoad(Bias + j, Weights, j * to.VectorBytes);
        }
        to.Set(Zero, unchecked((int)0x80808080));
        to.Broadcast(Shift, Zero);
        to.Set(Zero, 0);
        to.Load(X, Arguments, Field(nameof(VnniDepthwiseCall.X)));
        to.Load(Offsets, Arguments, Field(nameof(VnniDepthwiseCall.Offsets)));
        to.Load(OffsetsEnd, Arguments, Field(nameof(VnniDepthwiseCall.Units)));
        for (int bytes = 1; bytes < Taps * sizeof(int); bytes *= 2)
        {
            to.Add(OffsetsEnd, OffsetsEnd);
        }
        to.Add(OffsetsEnd, Offsets);
        to.Load(W, Arguments, Field(nameof(VnniDepthwiseCall.W)));
        to.Load(Sums, Arguments, Field(nameof(VnniDepthwiseCall.Sums)));
        to.Load(Step, Arguments, Field(nameof(VnniDepthwiseCall.Step)));
        to.Load(Pixels, Arguments, Field(nameof(VnniDepthwiseCall.Pixels)));
    }

    /// <summary>Four taps of all channels.</summary>
    private static void Unit(X64Assembler to)
    {
        for (int i = 0; i < Taps; i++)
        {
            to.LoadInt(TapOffsets[i], Offset, i * sizeof(int));
            to.VectorLoad(Inputs + i, X, TapOffsets[i]);
            to.VectorXor(Inputs + i, Inputs + i, Shift);
        }
        to.UnpackLowBytes(Pairs, Inputs, Inputs + 1);
        to.UnpackHighBytes(Pairs + 1, Inputs, Inputs + 1);
        to.UnpackLowBytes(Pairs + 2, Inputs + 2, Inputs + 3);
        to.UnpackHighBytes(Pairs + 3, Inputs + 2, Inputs + 3);
        to.UnpackLowWords(Quads, Pairs, Pairs + 2);
        to.UnpackHighWords(Quads + 1, Pairs, Pairs + 2);
        to.UnpackLowWords(Quads + 2, Pairs + 1, Pairs + 3);
        to.UnpackHighWords(Quads + 3, Pairs + 1, Pairs + 3);
        for (int j = 0; j < Vectors; j++)
        {
            to.DotBytes(j, Quads + j, Weights, j * to.VectorBytes);
        }
        to.Add(Weights, Vectors * to.VectorBytes);
        to.Add(Offset, Taps * sizeof(int));
    }

    private static int Field(string name) => (int)Marshal.OffsetOf<VnniDepthwiseCall>(name);
}
