using System.Runtime.InteropServices;
using Edge.Kernels.MachineCode;
using Edge.Kernels.Quantization;

namespace Edge.Kernels.Tests;

/// <summary>Instructions beside what GNU as 2.40 makes of them, with offsets of 32 bits.</summary>
public class X64AssemblerTests
{
    [Fact]
    public void GeneralInstructions()
    {
        Check("4154", a => a.Push(Gpr.R12));
        Check("5B", a => a.Pop(Gpr.Rbx));
        Check("488B8708000000", a => a.Load(Gpr.Rax, Gpr.Rdi, 8));
        Check("4D638F10000000", a => a.LoadInt(Gpr.R9, Gpr.R15, 16));
        Check("4D8DAD08000000", a => a.Address(Gpr.R13, Gpr.R13, 8));
        Check("4901DB", a => a.Add(Gpr.R11, Gpr.Rbx));
        Check("4981C1FFFFFFFF", a => a.Add(Gpr.R9, -1));
        Check("4839EB", a => a.Compare(Gpr.Rbx, Gpr.Rbp));
        Check("41BF80808080", a => a.Set(Gpr.R15, unchecked((int)0x80808080)));
        Check("C5F877", a => a.ZeroUpper());
        Check("C3", a => a.Return());
    }

    [Fact]
    public void VectorInstructions()
    {
        Check("62417E486F8C2440000000", a => a.VectorLoad(25, Gpr.R12, 64));
        Check("62F17E487F9E00010000", a => a.VectorStore(3, Gpr.Rsi, 256));
        Check("62B17D486FCC", a => a.VectorMove(1, 20));
        Check("62C27D48580C18", a => a.Broadcast(17, Gpr.R8, Gpr.Rbx));
        Check("62817540EFCA", a => a.VectorXor(17, 17, 26));
        Check("62127D4050F9", a => a.DotBytes(15, 16, 25));
        Check("62F26D40509580000000", a => a.DotBytes(2, 18, Gpr.Rbp, 128));
        Check("6212454052F0", a => a.DotWords(14, 23, 24));
        Check("62513D4860E1", a => a.UnpackLowBytes(12, 8, 9));
        Check("62C1154869DF", a => a.UnpackHighWords(19, 13, 15));
    }

    [Fact]
    public void ShorterVectors()
    {
        Check("62317E286F0420", a => a.VectorLoad(8, Gpr.Rax, Gpr.R12), 32);
        Check("62512D2868FB", a => a.UnpackHighBytes(15, 10, 11), 32);
        Check("62427D087CC2", a => a.Broadcast(24, Gpr.R10), 16);
        Check("62C11D0861C6", a => a.UnpackLowWords(16, 12, 14), 16);
    }

    [Fact]
    public void JumpsCountFromTheirEnd()
    {
        var assembler = new X64Assembler();
        int jump = assembler.JumpIfNotLess();
        assembler.Return();
        assembler.Land(jump);
        assembler.JumpIfLess(0);
        Assert.Equal("0F8D01000000C30F8CF3FFFFFF", Convert.ToHexString(assembler.ToArray()));
    }

    [Fact]
    public void CallsFindTheirFields()
    {
        Assert.Equal(0, (int)Marshal.OffsetOf<VnniCall>(nameof(VnniCall.X)));
        Assert.Equal(48, (int)Marshal.OffsetOf<VnniCall>(nameof(VnniCall.Sums)));
        Assert.Equal(56, (int)Marshal.OffsetOf<VnniDepthwiseCall>(nameof(VnniDepthwiseCall.Pixels)));
        Assert.Equal(8, Marshal.SizeOf<DotRun>());
    }

    private static void Check(string expected, Action<X64Assembler> emit, int vectorBytes = 64)
    {
        var assembler = new X64Assembler { VectorBytes = vectorBytes };
        emit(assembler);
        Assert.Equal(expected, Convert.ToHexString(assembler.ToArray()));
    }
}
