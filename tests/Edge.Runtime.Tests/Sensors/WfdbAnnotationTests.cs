using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Testing;

namespace Edge.Runtime.Tests.Sensors;

public class WfdbAnnotationTests
{
    [Fact]
    public void TheFormatIsReadByteByByte()
    {
        byte[] bytes =
        [
            18, 0x70, // code 28 (rhythm), 18 samples
            2, 0xFC, (byte)'(', (byte)'N', // text of 2
            77 - 18, 0x04, // code 1, 59 samples later
            0, 0xEC, 1, 0, 2, 0, // skip 65538
            5, 0x14, // code 5, 5 samples later
            3, 0xF0, // number 3
            0xFF, 0xF4, // subtype -1
            7, 0xF8, // channel 7
            1, 0x04,
            3, 0xFC, (byte)'a', (byte)'b', (byte)'c', 0,
            0, 0,
        ];
        WfdbAnnotations annotations = WfdbAnnotationReader.Parse(bytes);
        Assert.Equal(
            [
                new WfdbAnnotation(18, AnnotationCode.RhythmChange, Text: "(N"),
                new WfdbAnnotation(77, AnnotationCode.Normal),
                new WfdbAnnotation(77 + 65538 + 5, AnnotationCode.PrematureVentricular, -1, 7, 3),
                new WfdbAnnotation(77 + 65538 + 6, AnnotationCode.Normal, 0, 7, 3, "abc"), // channel and number hold
            ],
            annotations.Items);
        Assert.Null(annotations.SampleRate);
    }

    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        using var folder = new RecordingFolder();
        var random = new Random(5);
        long sample = 0;
        var annotations = new List<WfdbAnnotation>();
        for (int i = 0; i < 2000; i++)
        {
            sample += random.Next(4) switch { 0 => 0, 1 => random.Next(1024), 2 => 1024, _ => random.Next(100_000_000) };
            string text = random.Next(3) == 0 ? new string('x', random.Next(256)) : "";
            annotations.Add(new WfdbAnnotation(sample, (AnnotationCode)random.Next(50), random.Next(-128, 128), random.Next(256), random.Next(-128, 128), text));
        }
        foreach (double? rate in new double?[] { null, 250 })
        {
            using (var writer = new WfdbAnnotationWriter(folder.Path("x.ann"), rate))
            {
                annotations.ForEach(writer.Write);
            }
            WfdbAnnotations read = WfdbAnnotationReader.Read(folder.Path("x.ann"));
            Assert.Equal(annotations, read.Items);
            Assert.Equal(rate, read.SampleRate);
        }
        Assert.Equal(annotations[100].Sample * 2, WfdbAnnotationReader.Read(folder.Path("x.ann")).At(500)[100].Sample);
    }

    [Fact]
    public void AFileWithoutItsEndMarkIsRead()
    {
        Assert.Single(WfdbAnnotationReader.Parse([9, 4]).Items);
        Assert.Empty(WfdbAnnotationReader.Parse([]).Items);
    }

    [Theory]
    [InlineData(new byte[] { 9 })]
    [InlineData(new byte[] { 0, 0xEC, 1, 0 })] // half a long interval
    [InlineData(new byte[] { 9, 4, 200, 0xFC, 1, 2 })] // a text beyond the end
    [InlineData(new byte[] { 0, 0xF0, 9, 4 })] // a mark before any annotation
    public void DamageIsRefused(byte[] bytes) =>
        Assert.Equal(EdgeError.RecordingMalformed, Assert.Throws<EdgeException>(() => WfdbAnnotationReader.Parse(bytes)).Error);

    [Fact]
    public void WhatCannotBeWrittenIsRefused()
    {
        using var folder = new RecordingFolder();
        using var writer = new WfdbAnnotationWriter(folder.Path("x.ann"));
        var good = new WfdbAnnotation(10, AnnotationCode.Normal);
        writer.Write(good);
        foreach (WfdbAnnotation bad in new[]
        {
            good with { Sample = 9 }, good with { Code = (AnnotationCode)50 }, good with { Subtype = 128 }, good with { Channel = 256 },
            good with { Number = -129 }, good with { Text = new string('x', 256) }, good with { Text = "\u0416" }, good with { Sample = 1L << 40 },
        })
        {
            Assert.Equal(EdgeError.RecordingUnwritable, Assert.Throws<EdgeException>(() => writer.Write(bad)).Error);
        }
    }

    [Fact]
    public void SymbolsAndBeats()
    {
        Assert.Equal(["N", "V", "~", "|", "+", "[", "f", "r"], new[] { 1, 5, 14, 16, 28, 32, 38, 41 }.Select(c => AnnotationCodes.Symbol((AnnotationCode)c)));
        Assert.True(AnnotationCodes.IsBeat(AnnotationCode.Fusion));
        Assert.False(AnnotationCodes.IsBeat(AnnotationCode.SignalQuality));
        Assert.Equal(AnnotationCode.AtrialPremature, AnnotationCodes.OfSymbol("A"));
        Assert.Null(AnnotationCodes.OfSymbol("~"));
        Assert.Null(AnnotationCodes.OfSymbol("normal"));
    }

    /// <summary>Reading a real file and writing it again gives what PhysioNet's programs would read the same.</summary>
    [Fact]
    public void RealFilesSurviveTheRoundTrip()
    {
        Assert.SkipWhen(RepositoryPaths.Recordings is null, "no recordings beside the checkout");
        string[] files = [.. Directory.GetFiles(RepositoryPaths.Recordings!, "*.atr", SearchOption.AllDirectories)];
        Assert.SkipWhen(files.Length == 0, "no annotation files among the recordings");
        using var folder = new RecordingFolder();
        foreach (string file in files)
        {
            WfdbAnnotations annotations = WfdbAnnotationReader.Read(file);
            using (var writer = new WfdbAnnotationWriter(folder.Path("x.atr"), annotations.SampleRate))
            {
                foreach (WfdbAnnotation annotation in annotations.Items)
                {
                    writer.Write(annotation);
                }
            }
            Assert.Equal(annotations.Items, WfdbAnnotationReader.Read(folder.Path("x.atr")).Items);
        }
    }
}
