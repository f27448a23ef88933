using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Testing;

namespace Edge.Runtime.Tests.Sensors;

public class WfdbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-wfdb-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Two signals in format 212: 12 bits each, least significant byte first, two samples in three bytes.</summary>
    [Fact]
    public void ReadsFormat212()
    {
        int[] first = [0, 1, -1, 2047, -2047, -2048];
        int[] second = [100, -100, 5, -6, 7, -8];
        Write212(first, second);
        using WfdbReader reader = WfdbReader.Open(Path.Combine(_folder, "r"));
        var samples = new int[reader.Frames * reader.FrameSize];
        Assert.Equal(first.Length, reader.ReadFrames(samples));
        // -2048 stands for a missing sample.
        Assert.Equal([0, 1, -1, 2047, -2047, WfdbReader.Missing], samples.Where((_, i) => i % 2 == 0));
        Assert.Equal(second, samples.Where((_, i) => i % 2 == 1));
    }

    [Fact]
    public void ADamagedSampleFailsTheChecksum()
    {
        Write212([0, 1, 2, 3], [4, 5, 6, 7]);
        string data = Path.Combine(_folder, "r.dat");
        byte[] bytes = File.ReadAllBytes(data);
        bytes[3] ^= 1;
        File.WriteAllBytes(data, bytes);
        using WfdbReader reader = WfdbReader.Open(Path.Combine(_folder, "r"));
        Assert.Throws<EdgeException>(() => reader.ReadFrames(new int[8]));
    }

    /// <summary>Whatever is cut off or changed: an EdgeException, or samples.</summary>
    [Fact]
    public void DamagedRecordsAreRefusedOrRead()
    {
        Write212([0, 1, 2, 3], [4, 5, 6, 7]);
        foreach (string file in new[] { "r.hea", "r.dat" })
        {
            string path = Path.Combine(_folder, file);
            byte[] whole = File.ReadAllBytes(path);
            IEnumerable<byte[]> cuts = Enumerable.Range(0, whole.Length).Select(n => whole[..n]);
            IEnumerable<byte[]> flips = Enumerable.Range(0, whole.Length * 8).Select(bit => whole.Select((b, i) => i == bit / 8 ? (byte)(b ^ (1 << (bit % 8))) : b).ToArray());
            foreach (byte[] damaged in cuts.Concat(flips))
            {
                File.WriteAllBytes(path, damaged);
                try
                {
                    using WfdbReader reader = WfdbReader.Open(Path.Combine(_folder, "r"));
                    reader.ReadFrames(new int[Math.Min(64, reader.FrameSize * 8)]);
                }
                catch (EdgeException)
                {
                }
            }
            File.WriteAllBytes(path, whole);
        }
    }

    [Fact]
    public void AnnotationsSurviveWritingAndReading()
    {
        WfdbAnnotation[] written =
        [
            new(18, AnnotationCode.Normal),
            new(18, AnnotationCode.PrematureVentricular, 0, 1),
            new(1500, AnnotationCode.SignalQuality, 3),
            new(9_000_000, AnnotationCode.Normal, -2, 0, 5, "(AFIB"),
            new(9_000_001, AnnotationCode.Fusion, 0, 2, 5, ""),
        ];
        string path = Path.Combine(_folder, "r.atr");
        using (var writer = new WfdbAnnotationWriter(path))
        {
            foreach (WfdbAnnotation annotation in written)
            {
                writer.Write(annotation);
            }
        }
        Assert.Equal(written, WfdbAnnotationReader.Read(path).Items);
        byte[] bytes = File.ReadAllBytes(path);
        for (int n = 0; n < bytes.Length; n++)
        {
            try
            {
                WfdbAnnotationReader.Parse(bytes.AsSpan(0, n));
            }
            catch (EdgeException)
            {
            }
        }
    }

    [Fact]
    public void ReadsRealAnnotations()
    {
        string path = Path.Combine(RepositoryPaths.Recordings ?? "", "mitdb", "100.atr");
        Assert.SkipUnless(File.Exists(path), "the MIT-BIH records are not there: set EDGE_DATA to a folder with mitdb");
        IReadOnlyList<WfdbAnnotation> annotations = WfdbAnnotationReader.Read(path).Items;
        // Published counts of record 100: 2239 normal beats, 33 atrial and 1 ventricular premature ones.
        Assert.Equal(2239, annotations.Count(a => a.Code == AnnotationCode.Normal));
        Assert.Equal(33, annotations.Count(a => a.Code == AnnotationCode.AtrialPremature));
        Assert.Equal(1, annotations.Count(a => a.Code == AnnotationCode.PrematureVentricular));
    }

    private void Write212(int[] first, int[] second)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < first.Length; i++)
        {
            bytes.Add((byte)first[i]);
            bytes.Add((byte)(((first[i] >> 8) & 15) | ((second[i] >> 4) & 0xF0)));
            bytes.Add((byte)second[i]);
        }
        File.WriteAllBytes(Path.Combine(_folder, "r.dat"), [.. bytes]);
        File.WriteAllText(Path.Combine(_folder, "r.hea"), $"r 2 360 {first.Length}\nr.dat 212 200 11 1024 {first[0]} {(short)first.Sum()} 0 MLII\nr.dat 212 200 11 1024 {second[0]} {(short)second.Sum()} 0 V5\n");
    }
}
