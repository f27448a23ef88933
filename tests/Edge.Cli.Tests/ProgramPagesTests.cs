namespace Edge.Cli.Tests;

public class ProgramPagesTests
{
    /// <summary>Of this program: at least a page where the kernel knows how, and no harm where it does not.</summary>
    [Fact]
    public void TheProgramIsBroughtIntoMemory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(5, 14), "Linux before 5.14");
        Assert.InRange(ProgramPages.Load(), 4096, new FileInfo(Environment.ProcessPath!).Length + (16 * 65536));
    }
}
