using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Tests.Format;

/// <summary>Random changes of a header whose digest fits again: the reader refuses it, or the model plans and runs.</summary>
public class HeaderFuzzTests
{
    private const int Mutations = 4_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void MutatedHeadersAreRefusedOrRun(int seed)
    {
        byte[][] files = [EdgeWriter.WriteToArray(SampleModels.Full()), EdgeWriter.WriteToArray(SampleModels.Network())];
        var random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] file = files[i % files.Length];
            List<byte> header = [.. ForgedFile.Header(file)];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                Mutate(header, random);
            }
            byte[] forged = ForgedFile.WithHeader(file, [.. header]);
            try
            {
                accepted += ForgedFile.Try(forged) is null ? 1 : 0;
            }
            catch (Exception exception) when (exception is not EdgeException)
            {
                Assert.Fail($"seed {seed}, mutation {i}: {exception}");
            }
        }
        // Names and unused fields may change: some files must still run, or the test would prove nothing.
        Assert.InRange(accepted, Mutations / 100, Mutations - 1);
    }

    private static void Mutate(List<byte> header, Random random)
    {
        int at = random.Next(header.Count);
        switch (random.Next(6))
        {
            case 0: header[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: header[at] = (byte)random.Next(256); break;
            case 2: header.RemoveAt(at); break;
            case 3: header.Insert(at, (byte)random.Next(256)); break;
            case 4: header[at] = new byte[] { 0, 1, 0x7F, 0x80, 0xFF }[random.Next(5)]; break;
            default: Copy(header, at, random); break;
        }
    }

    /// <summary>Overwrites a few bytes with bytes from elsewhere.</summary>
    private static void Copy(List<byte> header, int at, Random random)
    {
        int from = random.Next(header.Count);
        int count = Math.Min(random.Next(1, 16), header.Count - Math.Max(at, from));
        for (int i = 0; i < count; i++)
        {
            header[at + i] = header[from + i];
        }
    }
}
