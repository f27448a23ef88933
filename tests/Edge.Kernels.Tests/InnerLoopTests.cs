using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Tests;

/// <summary>Reads the machine code of the register tiles: a sum that goes through the stack makes a tile several times slower, and no result shows it.</summary>
public sealed partial class InnerLoopTests
{
    /// <summary>Multiply-adds of a block of code that make it the inner loop of a tile.</summary>
    private const int FewestMultiplyAdds = 4;

    [Fact]
    public void SumsOfTilesStayInRegisters()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "reads x64 code; arm64 code is listed in docs/kernels.md");
        Assert.SkipUnless(Cpu.Features.HasFlag(CpuFeatures.Fma | CpuFeatures.Avx2), "tiles of this processor have no multiply-add instruction to look for");
        (string Method, int MultiplyAdds, int Spills)[] loops = [.. Loops(Disassemble())];
        Assert.Contains(loops, l => l.Method.Contains("PixelTile", StringComparison.Ordinal));
        Assert.Contains(loops, l => l.Method.Contains("RegisterTile", StringComparison.Ordinal));
        Assert.All(loops, l => Assert.True(l.Spills == 0, $"{l.Method}: {l.Spills} vectors of a loop of {l.MultiplyAdds} multiply-adds go through the stack"));
    }

    /// <summary>What the JIT made of the tiles while this program ran the tests that use them.</summary>
    private static string Disassemble()
    {
        string listing = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["--filter-method", "*.TheResidualMayBeOverwritten", "*.GemmTests.EveryRowAgreesAroundTileEdges"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["DOTNET_JitDisasm"] = "Multiply*";
            start.Environment["DOTNET_JitStdOutFile"] = listing;
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, output + errors.Result);
            return File.ReadAllText(listing);
        }
        finally
        {
            File.Delete(listing);
        }
    }

    private static IEnumerable<(string Method, int MultiplyAdds, int Spills)> Loops(string listing) =>
        from method in MethodStart().Split(listing).Skip(1)
        from block in BlockStart().Split(method)
        let multiplyAdds = MultiplyAdd().Count(block)
        where multiplyAdds >= FewestMultiplyAdds
        select (method[..method.IndexOf('\n', StringComparison.Ordinal)], multiplyAdds, StackVector().Count(block));

    [GeneratedRegex("^; Assembly listing for method ", RegexOptions.Multiline)]
    private static partial Regex MethodStart();

    [GeneratedRegex("^G_M", RegexOptions.Multiline)]
    private static partial Regex BlockStart();

    [GeneratedRegex(@"\bvfmadd")]
    private static partial Regex MultiplyAdd();

    [GeneratedRegex(@"\bvmov[au]p[sd] [^\n]*\[r[sb]p")]
    private static partial Regex StackVector();
}
