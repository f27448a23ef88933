using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.MachineCode;

namespace Edge.Kernels.Dispatch;

/// <summary>What a kernel row needs of the processor.</summary>
[Flags]
public enum CpuFeatures
{
    None = 0,

    /// <summary>Hardware 128-bit vectors: SSE on x64, NEON on arm64. Rows named <c>v128</c> need only this.</summary>
    Simd128 = 1 << 0,

    Avx2 = 1 << 1,
    Fma = 1 << 2,
    Avx512 = 1 << 3,
    AvxVnni = 1 << 4,

    /// <summary>arm64 Advanced SIMD.</summary>
    Neon = 1 << 5,

    /// <summary>arm64 SDOT/UDOT (Cortex-A76 and later; not on Cortex-A72).</summary>
    NeonDot = 1 << 6,

    /// <summary>Products of bytes summed in 32 bits, on 512-bit vectors (Cascade Lake and later, Zen 4 and later).</summary>
    Avx512Vnni = 1 << 7,
}

/// <summary>Detection of <see cref="CpuFeatures"/>, once per process.</summary>
public static class Cpu
{
    /// <summary>What the processor offers and the knob <c>EDGE_CPU</c> has not masked.</summary>
    public static CpuFeatures Features { get; } = Mask(Detect(), Knobs.Cpu.Value);

    /// <summary>What the processor offers.</summary>
    public static CpuFeatures Detect()
    {
        CpuFeatures found = CpuFeatures.None;
        void Add(bool has, CpuFeatures feature) => found |= has ? feature : CpuFeatures.None;
        Add(Vector128.IsHardwareAccelerated, CpuFeatures.Simd128);
        Add(Avx2.IsSupported && Vector256.IsHardwareAccelerated, CpuFeatures.Avx2);
        Add(Fma.IsSupported, CpuFeatures.Fma);
        Add(Avx512F.IsSupported && Avx512F.VL.IsSupported && Vector512.IsHardwareAccelerated, CpuFeatures.Avx512);
        Add(AvxVnni.IsSupported, CpuFeatures.AvxVnni);
        Add(HasAvx512Vnni(), CpuFeatures.Avx512Vnni);
        Add(AdvSimd.Arm64.IsSupported, CpuFeatures.Neon);
        Add(Dp.IsSupported, CpuFeatures.NeonDot);
        return found;
    }

    /// <summary>
    /// .NET 10 knows AVX-VNNI only, and programs compiled ahead of time for AVX2 do not know of AVX-512 at all. So CPUID is asked for AVX-512 F, BW, VL
    /// and VNNI (leaf 7), and the system for the state of the registers.
    /// </summary>
    private static bool HasAvx512Vnni()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }
        const int Foundation = (1 << 16) | (1 << 30) | (1 << 31);
        const int Vnni = 1 << 11;
        (int _, int ebx, int ecx, int _) = X86Base.CpuId(7, 0);
        return (ebx & Foundation) == Foundation && (ecx & Vnni) != 0 && (Avx512BW.IsSupported || CodePages.SavesAvx512);
    }

    /// <summary>Removes from <paramref name="found"/> the features listed as <c>-avx2,-fma</c>; <c>none</c> removes all.</summary>
    /// <exception cref="ArgumentException">An entry is not <c>none</c> or <c>-NAME</c> with a known name.</exception>
    public static CpuFeatures Mask(CpuFeatures found, string mask)
    {
        foreach (string entry in mask.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (entry.Equals("none", StringComparison.OrdinalIgnoreCase))
            {
                return CpuFeatures.None;
            }
            if (!entry.StartsWith('-') || !Enum.TryParse(entry[1..], ignoreCase: true, out CpuFeatures feature))
            {
                throw new ArgumentException($"{Knobs.Cpu.Name}: '{entry}' is not 'none' or '-' and one of {string.Join(", ", Enum.GetNames<CpuFeatures>())}");
            }
            found &= ~feature;
        }
        return found;
    }
}
