using System.Text;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Edf;

namespace Edge.Runtime.Tests.Sensors;

public class EdfSourceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void SignalsAreReadInPhysicalUnits(int chunk)
    {
        using var folder = new RecordingFolder();
        using ISignalSource source = RecordingSource.Open(folder.Write("x.edf", EdfSamples.File("", null)), 0);
        Assert.Equal(("ECG", "uV", 1e-3f, 4.0, 8L), (source.Channels[0].Name, source.Channels[0].Unit, source.Channels[0].Millivolts, source.SampleRate, source.Length));
        Assert.Equal([0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f], ReadAll(source, chunk));
        using var second = new EdfSource(folder.Path("x.edf"), 1);
        Assert.Equal((2.0, 4), (second.SampleRate, ReadAll(second, chunk).Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void TimeBetweenRecordsIsAGap(int chunk)
    {
        using var folder = new RecordingFolder();
        using var source = new EdfSource(folder.Write("x.edf", EdfSamples.File("EDF+D", [5, 6, 9.25])));
        Assert.Null(source.Length);
        float[] read = [.. ReadAll(source, chunk)];
        // 4 Hz: two records, 2.25 s without samples, one record.
        Assert.Equal([0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, .. Enumerable.Repeat(float.NaN, 9), 4, 4.5f, 5, 5.5f], read);
        Assert.Equal([new EdfAnnotation(5, null, "b0"), new EdfAnnotation(6, null, "b1"), new EdfAnnotation(9.25, null, "b2")], EdfSource.ReadAnnotations(folder.Path("x.edf")));
    }

    [Fact]
    public void ContinuousFilesHaveNoGaps()
    {
        using var folder = new RecordingFolder();
        using var source = new EdfSource(folder.Write("x.edf", EdfSamples.File("EDF+C", [0, 1, 2])));
        Assert.DoesNotContain(float.NaN, ReadAll(source, 5));
    }

    [Theory]
    [InlineData(0, "1       ", "version")]
    [InlineData(184, "999     ", "header")]
    [InlineData(236, "99      ", "promises 99")]
    [InlineData(236, "x       ", "number of data records")]
    [InlineData(244, "0       ", "lasts 0 s")]
    [InlineData(244, "-1      ", "lasts -1 s")]
    [InlineData(252, "0   ", "number of signals")]
    [InlineData(252, "9   ", "ends within the header")]
    [InlineData(256 + (2 * 120), "2000    ", "range that is not empty")] // digital minimum = maximum
    [InlineData(256 + (2 * 216), "-1      ", "number of samples")]
    public void DamageIsRefused(int at, string text, string part)
    {
        byte[] bytes = EdfSamples.File("", null);
        Encoding.ASCII.GetBytes(text).CopyTo(bytes, at);
        using var folder = new RecordingFolder();
        EdgeException exception = Assert.Throws<EdgeException>(() => new EdfSource(folder.Write("x.edf", bytes)));
        Assert.Equal(EdgeError.RecordingMalformed, exception.Error);
        Assert.Contains(part, exception.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordsThatGoBackInTimeAreRefused()
    {
        using var folder = new RecordingFolder();
        using var source = new EdfSource(folder.Write("x.edf", EdfSamples.File("EDF+D", [5, 4])));
        Assert.Equal(EdgeError.RecordingMalformed, Assert.Throws<EdgeException>(() => ReadAll(source, 10)).Error);
    }

    [Fact]
    public void WrongSignalsAreRefused()
    {
        using var folder = new RecordingFolder();
        string path = folder.Write("x.edf", EdfSamples.File("EDF+C", [0]));
        foreach (int[] signals in new int[][] { [2], [3], [-1], [0, 1] })
        {
            Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => new EdfSource(path, signals)).Error);
        }
    }

    private static List<float> ReadAll(ISignalSource source, int chunk)
    {
        var all = new List<float>();
        var buffer = new float[chunk];
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            all.AddRange(buffer[..(count * source.Channels.Count)]);
            if (source.Channels.Count > 1)
            {
                throw new InvalidOperationException("one channel expected");
            }
        }
        return all;
    }
}
