using System.Runtime.InteropServices;
using Edge.Kernels.MachineCode;

namespace Edge.Kernels.Quantization;

/// <summary>What a tile of machine code is called with.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VnniCall
{
    public sbyte* X;

    /// <summary>Bytes from <see cref="X"/> to each pixel.</summary>
    public int* Offsets;

    public DotRun* Runs;

    /// <summary>Behind the last run.</summary>
    public DotRun* RunsEnd;

    /// <summary>(groups of four bytes, lanes, 4)</summary>
    public sbyte* W;

    /// <summary>Sums to begin with, one per lane.</summary>
    public int* Bias;

    /// <summary>(pixels, lanes)</summary>
    public int* Sums;
}

/// <summary>Which products a tile of machine code sums.</summary>
internal enum VnniProducts
{
    /// <summary>Four of bytes, those of X in 0 to 127.</summary>
    Positive,

    /// <summary>Four of bytes; 128 is added to those of X.</summary>
    Shifted,

    /// <summary>Two of 16-bit integers.</summary>
    Words,
}

/// <summary>
/// Register tiles for AVX-512 VNNI, which .NET 10 has no functions for: assembled once per process. One program for each number of
/// pixels, of 16 or 32 channels: all sums stay in registers; one step multiplies four bytes of each pixel with the weights of all channels.
/// </summary>
internal static unsafe class VnniCode
{
    public const int MostPixels = 8;

    /// <summary>Channels of one vector.</summary>
    public const int Lanes = 16;

    private const int MostVectors = 2;
    private const int VectorBytes = 64;
    private const int FirstInput = MostPixels * MostVectors;
    private const int FirstWeights = FirstInput + MostPixels;
    private const int Shift = FirstWeights + MostVectors;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Step = Gpr.Rbx;
    private const Gpr End = Gpr.Rbp;
    private const Gpr Weights = Gpr.R12;
    private const Gpr Runs = Gpr.R13;
    private const Gpr RunsEnd = Gpr.R14;
    private const Gpr Temporary = Gpr.R15;

    private static readonly Gpr[] Pixels = [Gpr.Rax, Gpr.Rcx, Gpr.Rdx, Gpr.Rsi, Gpr.R8, Gpr.R9, Gpr.R10, Gpr.R11];
    private static readonly Gpr[] Saved = [Gpr.Rbx, Gpr.Rbp, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15];

    private static readonly Lazy<nint[]> Programs = new(Assemble);

    /// <summary>Whether the programs could be published.</summary>
    public static bool IsSupported => CodePages.IsSupported && Array.IndexOf(Programs.Value, 0) < 0;

    /// <summary>The program for a number of pixels (1 to <see cref="MostPixels"/>) and vectors of channels (1 or 2).</summary>
    public static delegate* unmanaged[SuppressGCTransition]<VnniCall*, void> Program(VnniProducts products, int pixels, int vectors) =>
        (delegate* unmanaged[SuppressGCTransition]<VnniCall*, void>)Programs.Value[Index(products, pixels, vectors)];

    private static int Index(VnniProducts products, int pixels, int vectors) => (((int)products * MostVectors) + vectors - 1) * MostPixels + pixels - 1;

    private static nint[] Assemble()
    {
        var starts = new int[3 * MostVectors * MostPixels];
        var assembler = new X64Assembler();
        foreach (VnniProducts products in Enum.GetValues<VnniProducts>())
        {
            for (int vectors = 1; vectors <= MostVectors; vectors++)
            {
                for (int pixels = 1; pixels <= MostPixels; pixels++)
                {
                    starts[Index(products, pixels, vectors)] = assembler.Position;
                    Tile(assembler, products, pixels, vectors);
                }
            }
        }
        return CodePages.Publish(assembler, starts);
    }

    private static void Tile(X64Assembler to, VnniProducts products, int pixels, int vectors)
    {
        Array.ForEach(Saved, to.Push);
        Begin(to, products, pixels, vectors);
        to.Compare(Runs, RunsEnd);
        int empty = to.JumpIfNotLess();
        int run = to.Position;
        Steps(to, products, pixels, vectors);
        to.Address(Runs, Runs, sizeof(DotRun));
        to.Compare(Runs, RunsEnd);
        to.JumpIfLess(run);
        to.Land(empty);
        to.Load(Temporary, Arguments, Field(nameof(VnniCall.Sums)));
        for (int i = 0; i < pixels * vectors; i++)
        {
            to.VectorStore(i, Temporary, i * VectorBytes);
        }
        to.ZeroUpper();
        Array.ForEach([.. Saved.Reverse()], to.Pop);
        to.Return();
    }

    /// <summary>Addresses of all pixels, and the sums to begin with.</summary>
    private static void Begin(X64Assembler to, VnniProducts products, int pixels, int vectors)
    {
        to.Load(Temporary, Arguments, Field(nameof(VnniCall.Offsets)));
        to.Load(Step, Arguments, Field(nameof(VnniCall.X)));
        for (int i = 0; i < pixels; i++)
        {
            to.LoadInt(Pixels[i], Temporary, i * sizeof(int));
            to.Add(Pixels[i], Step);
        }
        to.Load(Temporary, Arguments, Field(nameof(VnniCall.Bias)));
        for (int i = 0; i < pixels * vectors; i++)
        {
            if (i < vectors)
            {
                to.VectorLoad(i, Temporary, i * VectorBytes);
            }
            else
            {
                to.VectorMove(i, i % vectors);
            }
        }
        if (products == VnniProducts.Shifted)
        {
            to.Set(Temporary, unchecked((int)0x80808080));
            to.Broadcast(Shift, Temporary);
        }
        to.Load(Weights, Arguments, Field(nameof(VnniCall.W)));
        to.Load(Runs, Arguments, Field(nameof(VnniCall.Runs)));
        to.Load(RunsEnd, Arguments, Field(nameof(VnniCall.RunsEnd)));
    }

    /// <summary>The steps of one run: each reads four bytes of every pixel.</summary>
    private static void Steps(X64Assembler to, VnniProducts products, int pixels, int vectors)
    {
        to.LoadInt(Step, Runs, 0);
        to.LoadInt(End, Runs, sizeof(int));
        to.Add(End, End);
        to.Add(End, End);
        to.Add(End, Step);
        int step = to.Position;
        for (int v = 0; v < vectors; v++)
        {
            to.VectorLoad(FirstWeights + v, Weights, v * VectorBytes);
        }
        for (int i = 0; i < pixels; i++)
        {
            to.Broadcast(FirstInput + i, Pixels[i], Step);
            if (products == VnniProducts.Shifted)
            {
                to.VectorXor(FirstInput + i, FirstInput + i, Shift);
            }
            for (int v = 0; v < vectors; v++)
            {
                Multiply(to, products, (i * vectors) + v, FirstInput + i, FirstWeights + v);
            }
        }
        to.Add(Weights, vectors * VectorBytes);
        to.Add(Step, sizeof(int));
        to.Compare(Step, End);
        to.JumpIfLess(step);
    }

    private static void Multiply(X64Assembler to, VnniProducts products, int sums, int x, int w)
    {
        if (products == VnniProducts.Words)
        {
            to.DotWords(sums, x, w);
        }
        else
        {
            to.DotBytes(sums, x, w);
        }
    }

    private static int Field(string name) => (int)Marshal.OffsetOf<VnniCall>(name);
}
