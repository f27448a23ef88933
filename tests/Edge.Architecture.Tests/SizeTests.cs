namespace Edge.Architecture.Tests;

public class SizeTests
{
    /// <summary>Lines above which a file has to be split; the guide line is 400.</summary>
    private const int MostFileLines = 500;

    private const int MostMethodLines = 60;

    /// <summary>Kernel bodies are long loops.</summary>
    private const int MostKernelLines = 120;

    [Fact]
    public void FilesAreShort()
    {
        string[] long_ = [.. SourceFile.Product.Where(f => f.Lines > MostFileLines).Select(f => $"{f.Path}: {f.Lines} lines, at most {MostFileLines}")];
        Assert.True(long_.Length == 0, string.Join('\n', long_));
    }

    [Fact]
    public void MethodsAreShort()
    {
        string[] long_ =
        [
            .. SourceFile.Product.SelectMany(MethodScan.Methods)
                .Where(m => m.Lines > (m.File.StartsWith("src/Edge.Kernels/", StringComparison.Ordinal) ? MostKernelLines : MostMethodLines))
                .Select(m => $"{m.File}:{m.Line}: {m.Lines} lines in {m.Header.ReplaceLineEndings(" ")}"),
        ];
        Assert.True(long_.Length == 0, string.Join('\n', long_));
    }

    [Fact]
    public void TheScanFindsMethods()
    {
        const string Text = """"
            namespace A;
            // { a comment
            public sealed class B
            {
                private readonly int[] _field = new int[] { 1, 2 };
                public int Property
                {
                    get
                    {
                        return 1;
                    }
                }
                public string Method(char c)
                {
                    string s = $"{c switch { '{' => "}", _ => """{""" }} {{";
                    return s;
                }
            }
            """";
        MethodBody[] methods = [.. MethodScan.Methods(new SourceFile("x.cs", Text, SourceText.Blank(Text)))];
        Assert.Equal([1, 2], methods.Select(m => m.Lines));
    }
}
