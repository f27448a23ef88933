using Edge.Bench.Reports;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Tests;

public class MarkdownSectionTests
{
    [Fact]
    public void ASectionIsAppendedOnceAndThenReplaced()
    {
        string first = MarkdownSection.Replace("# Title\n\nText.\n", "latency", "| old |\n");
        Assert.Equal("# Title\n\nText.\n\n<!-- begin latency -->\n\n| old |\n\n<!-- end latency -->\n", first);
        string second = MarkdownSection.Replace(first + "\nMore text.\n", "latency", "| new |");
        Assert.Equal("# Title\n\nText.\n\n<!-- begin latency -->\n\n| new |\n\n<!-- end latency -->\n\nMore text.\n", second);
        Assert.Equal(second, MarkdownSection.Replace(second, "latency", "| new |"));
    }

    [Fact]
    public void OtherSectionsAreLeftAlone()
    {
        string document = MarkdownSection.Replace(MarkdownSection.Replace("", "layers a", "A"), "layers b", "B");
        string changed = MarkdownSection.Replace(document, "layers a", "C");
        Assert.Equal(document.Replace("A", "C", StringComparison.Ordinal), changed);
    }

    [Theory]
    [InlineData("<!-- begin x -->\n")]
    [InlineData("<!-- end x -->\n")]
    [InlineData("<!-- end x -->\n<!-- begin x -->\n")]
    [InlineData("<!-- begin x -->\n<!-- end x -->\n<!-- begin x -->\n<!-- end x -->\n")]
    public void BrokenMarkersAreRefused(string document)
    {
        EdgeException refusal = Assert.Throws<EdgeException>(() => MarkdownSection.Replace(document, "x", "new"));
        Assert.Equal(EdgeError.BadInputFile, refusal.Error);
    }
}
