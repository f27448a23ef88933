using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Tests.Sensors;

public class EdfWriterTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Samples, gaps and annotations come back; what is beyond the range is clipped and counted; a last record that is not full ends in missing samples.</summary>
    [Theory]
    [InlineData(250, 1)]
    [InlineData(128.5, 2)]
    [InlineData(0.5, 2)]
    public void WhatIsWrittenCanBeRead(double rate, int recordSeconds)
    {
        using var folder = new RecordingFolder();
        string path = folder.Path("x.edf");
        float[] samples = [.. Enumerable.Range(0, 1001).Select(i => i is > 300 and < 420 ? float.NaN : MathF.Round(2000 * MathF.Sin(i * 0.1f)) / 1000), 40, -40];
        using (var writer = new EdfWriter(path, rate, "ECG", "mV", Start))
        {
            for (int i = 0; i < samples.Length; i += 100)
            {
                writer.Write(samples.AsSpan(i, Math.Min(100, samples.Length - i)));
                writer.Annotate(i / 250.0, $"N{i}");
            }
            Assert.Equal(2, writer.Clipped);
        }
        using var source = new EdfSource(path);
        Assert.Equal((rate, recordSeconds), (source.SampleRate, source.Header.RecordSeconds));
        Assert.StartsWith("Startdate 02-JAN-2026", source.Header.Recording, StringComparison.Ordinal);
        var read = new float[source.Length!.Value];
        Assert.Equal(read.Length, source.Read(read));
        float[] expected = [.. samples[..^2], 32.767f, -32.767f];
        Assert.Equal(expected.Select(v => (double)v), read[..expected.Length].Select(v => (double)v), new Near());
        Assert.All(read[expected.Length..], v => Assert.True(float.IsNaN(v)));
        EdfAnnotation[] found = [.. EdfSource.ReadAnnotations(path)];
        Assert.Equal(Enumerable.Range(0, 11).Select(i => ($"N{i * 100}", Math.Round(i * 0.4, 6))), found.Select(a => (a.Text, Math.Round(a.Onset, 6))));
    }

    /// <summary>A recording that was interrupted can be read as far as its data records were written.</summary>
    [Fact]
    public void AnInterruptedFileCanBeRead()
    {
        using var folder = new RecordingFolder();
        using var writer = new EdfWriter(folder.Path("x.edf"), 100, "ECG", "mV", Start);
        for (int i = 0; i < 1000; i++)
        {
            writer.Write(new float[100]);
        }
        using var source = new EdfSource(folder.Path("x.edf"));
        Assert.InRange(source.Length!.Value, 1000, 100_000);
    }

    /// <summary>More annotations than a record has room for go into the next ones.</summary>
    [Fact]
    public void ManyAnnotationsAreSpreadOverRecords()
    {
        using var folder = new RecordingFolder();
        using (var writer = new EdfWriter(folder.Path("x.edf"), 100, "ECG", "mV", Start))
        {
            for (int i = 0; i < 500; i++)
            {
                writer.Annotate(i * 0.01, "V");
            }
            writer.Annotate(9, new string('x', 1000)); // fits nowhere: it must not hold up the others
            writer.Annotate(10, "last");
            writer.Write(new float[1000]);
        }
        EdfAnnotation[] found = [.. EdfSource.ReadAnnotations(folder.Path("x.edf"))];
        Assert.Equal((501, "last"), (found.Length, found[^1].Text));
    }

    /// <summary>A full disk is an error once; closing the file is none, and no header promises what is not there.</summary>
    [Theory]
    [InlineData("x.edf")]
    [InlineData("x.dat")]
    public void AFullDiskIsAnErrorOnce(string file)
    {
        using var folder = new RecordingFolder();
        File.CreateSymbolicLink(folder.Path(file), "/dev/full");
        IDisposable writer;
        Action write;
        if (file == "x.edf")
        {
            var edf = new EdfWriter(folder.Path(file), 360, "ECG", "mV", Start);
            (writer, write) = (edf, () => edf.Write(new float[100_000]));
        }
        else
        {
            var wfdb = new WfdbWriter(folder.Path("x"), 360, [new WfdbSignal { File = "", Format = 16, Gain = 1000 }]);
            (writer, write) = (wfdb, () => wfdb.Write(new float[100_000]));
        }
        EdgeException problem = Assert.Throws<EdgeException>(write);
        Assert.Equal((EdgeError.RecordingUnwritable, true), (problem.Error, problem.Message.Contains(file, StringComparison.Ordinal)));
        writer.Dispose();
        Assert.True(file == "x.edf" || File.ReadAllLines(folder.Path("x.hea"))[0] == "x 1 360");
    }

    [Fact]
    public void WhatCannotBeWrittenIsNamed()
    {
        using var folder = new RecordingFolder();
        Assert.Equal(EdgeError.RecordingUnwritable, Assert.Throws<EdgeException>(() => new EdfWriter(folder.Path("x.edf"), Math.PI, "ECG", "mV", Start)).Error);
        Assert.Equal(EdgeError.RecordingUnwritable, Assert.Throws<EdgeException>(() => new EdfWriter(folder.Path("x.edf"), 100, new string('x', 17), "mV", Start)).Error);
        Assert.Contains("nothing/x.edf", Assert.Throws<EdgeException>(() => new EdfWriter(folder.Path("nothing/x.edf"), 100, "ECG", "mV", Start)).Message, StringComparison.Ordinal);
    }

    private sealed class Near : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => (double.IsNaN(x) && double.IsNaN(y)) || Math.Abs(x - y) < 1e-5;

        public int GetHashCode(double value) => 0;
    }
}
