using System.Buffers.Binary;

namespace Edge.Kernels.MachineCode;

/// <summary>General registers of x64 by their numbers in instructions.</summary>
internal enum Gpr
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rbx = 3,
    Rsp = 4,
    Rbp = 5,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
    R12 = 12,
    R13 = 13,
    R14 = 14,
    R15 = 15,
}

/// <summary>
/// Encodes the few x64 instructions that kernels of machine code are made of, those on vectors with EVEX prefixes (Intel 64 and IA-32
/// Architectures Software Developer's Manual, volume 2, sections 2.1 to 2.7). Vector registers are numbers from 0 to 31.
/// </summary>
internal sealed class X64Assembler
{
    private readonly List<byte> _code = new(1024);
    private int _length = 2;

    /// <summary>Where the next instruction begins: what jumps go to.</summary>
    public int Position => _code.Count;

    /// <summary>Bytes of the vectors of the instructions that follow: 16, 32 or 64.</summary>
    public int VectorBytes
    {
        get => 16 << _length;
        set => _length = value switch { 16 => 0, 32 => 1, _ => 2 };
    }

    public byte[] ToArray() => [.. _code];

    public void Push(Gpr register) => Short(register, 0x50);

    public void Pop(Gpr register) => Short(register, 0x58);

    public void Return() => _code.Add(0xC3);

    /// <summary>Clears the upper halves of vectors, which code with VEX prefixes would have to keep.</summary>
    public void ZeroUpper() => _code.AddRange([0xC5, 0xF8, 0x77]);

    /// <summary>target = 64 bits at [address + offset].</summary>
    public void Load(Gpr target, Gpr address, int offset) => Memory(0x8B, target, address, offset);

    /// <summary>target = 32 bits at [address + offset], widened with their sign.</summary>
    public void LoadInt(Gpr target, Gpr address, int offset) => Memory(0x63, target, address, offset);

    /// <summary>target = address + offset.</summary>
    public void Address(Gpr target, Gpr address, int offset) => Memory(0x8D, target, address, offset);

    /// <summary>target = value, 32 bits, the upper ones cleared.</summary>
    public void Set(Gpr target, int value)
    {
        Short(target, 0xB8);
        Int32(value);
    }

    /// <summary>target += value.</summary>
    public void Add(Gpr target, int value)
    {
        _code.AddRange([Rex(0, target), 0x81, (byte)(0xC0 | ((int)target & 7))]);
        Int32(value);
    }

    /// <summary>target += source.</summary>
    public void Add(Gpr target, Gpr source) => Registers(0x01, source, target);

    /// <summary>Compares for <see cref="JumpIfLess"/> and <see cref="JumpIfNotLess"/>.</summary>
    public void Compare(Gpr left, Gpr right) => Registers(0x39, right, left);

    /// <summary>Jumps backwards where the last comparison found less, signed.</summary>
    public void JumpIfLess(int position)
    {
        _code.AddRange([0x0F, 0x8C]);
        Int32(position - (_code.Count + sizeof(int)));
    }

    /// <summary>Jumps forwards where the last comparison found not less; <see cref="Land"/> says where to.</summary>
    public int JumpIfNotLess()
    {
        _code.AddRange([0x0F, 0x8D]);
        Int32(0);
        return _code.Count;
    }

    /// <summary>Makes a jump forwards go here.</summary>
    /// <param name="jump">What <see cref="JumpIfNotLess"/> returned.</param>
    public void Land(int jump)
    {
        Span<byte> distance = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(distance, _code.Count - jump);
        for (int i = 0; i < sizeof(int); i++)
        {
            _code[jump - sizeof(int) + i] = distance[i];
        }
    }

    /// <summary>vmovdqu32: a vector at [address + index].</summary>
    /// <param name="address">Neither rbp nor r13, whose codes mean something else here.</param>
    public void VectorLoad(int target, Gpr address, Gpr index)
    {
        Evex(1, 2, target, 0, (int)index & 8, (int)address & 8);
        Indexed(0x6F, target, address, index);
    }

    /// <summary>vmovdqu32: a vector at [address + offset].</summary>
    public void VectorLoad(int target, Gpr address, int offset) => EvexMemory(1, 2, 0x6F, target, 0, address, offset);

    /// <summary>vmovdqu32: a vector to [address + offset].</summary>
    public void VectorStore(int source, Gpr address, int offset) => EvexMemory(1, 2, 0x7F, source, 0, address, offset);

    /// <summary>vmovdqa32 between registers.</summary>
    public void VectorMove(int target, int source) => EvexRegisters(1, 1, 0x6F, target, 0, source);

    /// <summary>vpbroadcastd: 32 bits at [address + index] into all lanes.</summary>
    /// <param name="address">Neither rbp nor r13, whose codes mean something else here.</param>
    public void Broadcast(int target, Gpr address, Gpr index)
    {
        Evex(2, 1, target, 0, (int)index & 8, (int)address & 8);
        Indexed(0x58, target, address, index);
    }

    /// <summary>vpbroadcastd: the lower 32 bits of a register into all lanes.</summary>
    public void Broadcast(int target, Gpr source) => EvexRegisters(2, 1, 0x7C, target, 0, (int)source);

    /// <summary>vpxord.</summary>
    public void VectorXor(int target, int left, int right) => EvexRegisters(1, 1, 0xEF, target, left, right);

    /// <summary>vpdpbusd (AVX-512 VNNI): sums += four products of unsigned and signed bytes.</summary>
    public void DotBytes(int sums, int unsignedBytes, int signedBytes) => EvexRegisters(2, 1, 0x50, sums, unsignedBytes, signedBytes);

    /// <summary>vpdpbusd with signed bytes at [address + offset].</summary>
    public void DotBytes(int sums, int unsignedBytes, Gpr address, int offset) => EvexMemory(2, 1, 0x50, sums, unsignedBytes, address, offset);

    /// <summary>vpunpcklbw: bytes of the lower halves of each 128 bits in turns.</summary>
    public void UnpackLowBytes(int target, int even, int odd) => EvexRegisters(1, 1, 0x60, target, even, odd);

    /// <summary>vpunpckhbw: the same of the upper halves.</summary>
    public void UnpackHighBytes(int target, int even, int odd) => EvexRegisters(1, 1, 0x68, target, even, odd);

    /// <summary>vpunpcklwd: 16-bit integers of the lower halves of each 128 bits in turns.</summary>
    public void UnpackLowWords(int target, int even, int odd) => EvexRegisters(1, 1, 0x61, target, even, odd);

    /// <summary>vpunpckhwd: the same of the upper halves.</summary>
    public void UnpackHighWords(int target, int even, int odd) => EvexRegisters(1, 1, 0x69, target, even, odd);

    /// <summary>vpdpwssd (AVX-512 VNNI): sums += two products of 16-bit integers.</summary>
    public void DotWords(int sums, int left, int right) => EvexRegisters(2, 1, 0x52, sums, left, right);

    private void Short(Gpr register, int code)
    {
        if (register >= Gpr.R8)
        {
            _code.Add(0x41);
        }
        _code.Add((byte)(code + ((int)register & 7)));
    }

    private void Registers(byte code, Gpr register, Gpr rm)
    {
        _code.AddRange([Rex(register, rm), code, (byte)(0xC0 | (((int)register & 7) << 3) | ((int)rm & 7))]);
    }

    private void Memory(byte code, Gpr register, Gpr address, int offset)
    {
        _code.AddRange([Rex(register, address), code]);
        Operand((int)register & 7, address, offset);
    }

    /// <summary>[address + offset], always with 32 bits of offset.</summary>
    private void Operand(int register, Gpr address, int offset)
    {
        _code.Add((byte)(0x80 | (register << 3) | ((int)address & 7)));
        if (((int)address & 7) == 4)
        {
            _code.Add(0x24);
        }
        Int32(offset);
    }

    /// <summary>[address + index], without an offset.</summary>
    private void Indexed(byte code, int register, Gpr address, Gpr index) =>
        _code.AddRange([code, (byte)(((register & 7) << 3) | 4), (byte)((((int)index & 7) << 3) | ((int)address & 7))]);

    private static byte Rex(Gpr register, Gpr rm) => (byte)(0x48 | (((int)register >> 3) << 2) | ((int)rm >> 3));

    private void EvexRegisters(int map, int prefix, byte code, int register, int first, int rm)
    {
        Evex(map, prefix, register, first, (rm & 16) >> 1, rm & 8);
        _code.AddRange([code, (byte)(0xC0 | ((register & 7) << 3) | (rm & 7))]);
    }

    private void EvexMemory(int map, int prefix, byte code, int register, int first, Gpr address, int offset)
    {
        Evex(map, prefix, register, first, 0, (int)address & 8);
        _code.Add(code);
        Operand(register & 7, address, offset);
    }

    /// <summary>The four bytes of an EVEX prefix of an instruction on vectors of <see cref="VectorBytes"/>, W = 0, without masks; the bits of registers are inverted.</summary>
    /// <param name="map">1: opcodes after 0F, 2: after 0F 38.</param>
    /// <param name="prefix">0, 1: 66, 2: F3, 3: F2.</param>
    /// <param name="x">8 where the bit X is set: bit 3 of an index, bit 4 of a vector register.</param>
    /// <param name="b">8 where the bit B is set: bit 3 of an address or a vector register.</param>
    private void Evex(int map, int prefix, int register, int first, int x, int b)
    {
        int p0 = map | ((~register & 8) << 4) | ((~x & 8) << 3) | ((~b & 8) << 2) | (~register & 16);
        int p1 = ((~first & 15) << 3) | 4 | prefix;
        int p2 = (_length << 5) | ((~first & 16) >> 1);
        _code.AddRange([0x62, (byte)p0, (byte)p1, (byte)p2]);
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }
}
