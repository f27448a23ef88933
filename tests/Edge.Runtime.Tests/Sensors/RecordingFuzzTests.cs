using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Tests.Sensors;

/// <summary>Damaged recordings end in an <see cref="EdgeException"/> or are read; nothing else, and soon.</summary>
public class RecordingFuzzTests
{
    private const string Header = "x 2 360/360(0) 4\nx.dat 212x1:1+0 200(0)/mV 12 0 0 0 0 II\nx.dat 212 200/mV 12 0 0 0 0 V5\n# note\n";

    private static readonly byte[] Samples = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    [Fact]
    public void WfdbHeaders()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", Samples);
        foreach (byte[] damaged in Damage(System.Text.Encoding.ASCII.GetBytes(Header)))
        {
            folder.Write("x.hea", damaged);
            Survive(() =>
            {
                using var reader = WfdbReader.Open(folder.Path("x"));
                var frame = new int[reader.FrameSize];
                for (int i = 0; i < 10 && reader.ReadFrames(frame) > 0; i++)
                {
                }
            });
        }
    }

    [Fact]
    public void WfdbSamples()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.hea", Header);
        foreach (byte[] damaged in Damage(Samples))
        {
            folder.Write("x.dat", damaged);
            Survive(() =>
            {
                using var source = new WfdbSource(folder.Path("x"));
                source.Read(new float[100]);
            });
        }
    }

    [Fact]
    public void Annotations()
    {
        using var folder = new RecordingFolder();
        using (var writer = new WfdbAnnotationWriter(folder.Path("x.atr"), 250))
        {
            writer.Write(new WfdbAnnotation(5, AnnotationCode.RhythmChange, Text: "(AFIB"));
            writer.Write(new WfdbAnnotation(70_000, AnnotationCode.Normal, 1, 2, 3));
            writer.Write(new WfdbAnnotation(70_100, AnnotationCode.PrematureVentricular));
        }
        foreach (byte[] damaged in Damage(File.ReadAllBytes(folder.Path("x.atr"))))
        {
            Survive(() => WfdbAnnotationReader.Parse(damaged).At(360));
        }
    }

    [Fact]
    public void Edf()
    {
        using var folder = new RecordingFolder();
        byte[] good = EdfSamples.File("EDF+D", [0, 2.5]);
        foreach (byte[] damaged in Damage(good, bitsPerByte: 1))
        {
            string path = folder.Write("x.edf", damaged);
            Survive(() =>
            {
                using var source = new EdfSource(path);
                var chunk = new float[64 * source.Channels.Count];
                for (int i = 0; i < 10 && source.Read(chunk) > 0; i++)
                {
                }
            });
            Survive(() => EdfSource.ReadAnnotations(path));
        }
    }

    /// <summary>Every truncation, flipped bits (all 8 of a byte, or fewer that change from byte to byte), and every byte replaced by some extreme ones.</summary>
    private static IEnumerable<byte[]> Damage(byte[] good, int bitsPerByte = 8)
    {
        for (int length = 0; length < good.Length; length++)
        {
            yield return good[..length];
        }
        for (int i = 0; i < good.Length * bitsPerByte; i++)
        {
            byte[] flipped = [.. good];
            flipped[i / bitsPerByte] ^= (byte)(1 << ((i + (i / 8)) % 8));
            yield return flipped;
        }
        foreach (byte extreme in new byte[] { 0, (byte)'9', (byte)'-' })
        {
            for (int i = 0; i < good.Length; i++)
            {
                byte[] replaced = [.. good];
                replaced[i] = extreme;
                yield return replaced;
            }
        }
    }

    private static void Survive(Action read)
    {
        try
        {
            read();
        }
        catch (EdgeException exception)
        {
            Assert.InRange((int)exception.Error, 1000, 5999);
            Assert.NotNull(exception.Remedy);
        }
    }
}
