using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Storage;

namespace Edge.Serve.Tests;

public class OutboxTests
{
    private const long Most = 1 << 20;

    [Fact]
    public void MessagesComeOutInOrderAndSurviveARestart()
    {
        using var folder = new TemporaryFolder();
        using (var outbox = new Outbox(folder.Path("o"), Most))
        {
            for (int i = 1; i <= 100; i++)
            {
                Assert.Equal(i, outbox.Append("t", Payload(i)));
            }
            outbox.Acknowledge(40);
            Assert.Equal(60, outbox.Count);
        }
        using var again = new Outbox(folder.Path("o"), Most);
        Assert.Equal((60L, 40L, 101L), (again.Count, again.Acknowledged, again.NextNumber));
        Assert.Equal(Enumerable.Range(41, 60), Drain(again));
        Assert.Equal(0, again.Count);
        Assert.Null(again.Next(0));
        Assert.Equal(101, again.Append("t", Payload(101)));
    }

    /// <summary>The last record is cut at every byte, and each of its bytes is damaged: the others stay, and new ones are appended and found.</summary>
    [Fact]
    public void ATornEndCostsOnlyTheTornMessage()
    {
        using var folder = new TemporaryFolder();
        string log;
        using (var outbox = new Outbox(folder.Path("o"), Most))
        {
            outbox.Append("t", Payload(1));
            outbox.Append("t", Payload(2));
            log = Directory.GetFiles(folder.Path("o"), "*.log").Single();
        }
        byte[] whole = File.ReadAllBytes(log);
        int second = whole.Length / 2;
        for (int cut = second; cut < whole.Length; cut++)
        {
            foreach (bool damage in new[] { false, true })
            {
                byte[] bytes = damage ? [.. whole[..cut], (byte)(whole[cut] ^ 0x55), .. whole[(cut + 1)..]] : whole[..cut];
                File.WriteAllBytes(log, bytes);
                using (var outbox = new Outbox(folder.Path("o"), Most))
                {
                    Assert.Equal(2, outbox.Append("t", Payload(22)));
                    Assert.Equal([1, 22], Drain(outbox, acknowledge: false));
                }
                Directory.Delete(folder.Path("o"), recursive: true);
                Directory.CreateDirectory(folder.Path("o"));
            }
        }
    }

    [Fact]
    public void AboveTheLimitTheOldestGoAndAreCounted()
    {
        using var folder = new TemporaryFolder();
        const long Small = 1 << 16;
        using var outbox = new Outbox(folder.Path("o"), Small);
        int count = 5000;
        for (int i = 1; i <= count; i++)
        {
            outbox.Append("topic", Payload(i));
            Assert.True(outbox.Bytes <= Small);
            Assert.Equal(count - (count - i), outbox.Count + outbox.Dropped);
        }
        Assert.True(outbox.Dropped > 0);
        int[] left = Drain(outbox);
        Assert.Equal(Enumerable.Range((int)outbox.Dropped + 1, count - (int)outbox.Dropped), left);
        Assert.True(new DirectoryInfo(folder.Path("o")).GetFiles().Sum(f => f.Length) <= Small + 64);
    }

    /// <summary>Every operation of the store fails once, and from there on for ever: what was appended is there afterwards, in order, and nothing else.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryOperationMayFail(bool forEver)
    {
        for (int failAt = 0; failAt < 400; failAt++)
        {
            using var folder = new TemporaryFolder();
            var store = new FailingStore(failAt, forEver);
            var appended = new List<long>();
            long acknowledged = 0;
            try
            {
                using var outbox = new Outbox(folder.Path("o"), 1 << 15, store);
                for (int i = 0; i < 60; i++)
                {
                    try
                    {
                        appended.Add(outbox.Append("t", Payload(i, 100)));
                        if (i % 7 == 6)
                        {
                            acknowledged = appended[^3];
                            outbox.Acknowledge(acknowledged);
                            outbox.Sync();
                        }
                    }
                    catch (IOException)
                    {
                        // Counted by the sink; the next one is tried anew.
                    }
                }
            }
            catch (EdgeException problem)
            {
                Assert.Equal(EdgeError.StateDirectory, problem.Error);
            }
            using var healthy = new Outbox(folder.Path("o"), 1 << 15);
            var found = new List<long>();
            for (long after = 0; healthy.Next(after) is { } message; after = message.Number)
            {
                found.Add(message.Number);
            }
            Assert.Equal(found, found.Distinct().Order());
            Assert.Empty(found.Except(appended));
            Assert.Empty(appended.Where(n => n > acknowledged).Except(found));
            if (store.Operations <= failAt)
            {
                return; // every operation was tried
            }
        }
        Assert.Fail("there are more operations than the test tries");
    }

    [Fact]
    public void AFullDiskIsAnErrorAndSpaceHeals()
    {
        using var folder = new TemporaryFolder();
        var store = new FailingStore(int.MaxValue, true);
        using var outbox = new Outbox(folder.Path("o"), Most, store);
        outbox.Append("t", Payload(1));
        store.IsFull = true;
        for (int i = 0; i < 20; i++)
        {
            Assert.Throws<IOException>(() => outbox.Append("t", Payload(99)));
        }
        store.IsFull = false;
        Assert.Equal(2, outbox.Append("t", Payload(2)));
        Assert.Equal([1, 2], Drain(outbox));
    }

    [Fact]
    public void AFolderThatCannotBeMadeIsNamed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "no folder");
        EdgeException problem = Assert.Throws<EdgeException>(() => new Outbox(folder.Path("file/o"), Most));
        Assert.Equal(EdgeError.StateDirectory, problem.Error);
        Assert.Contains("file/o", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheChecksumIsTheStandardOne() => Assert.Equal(0xCBF43926, Crc32.Compute("123456789"u8));

    [Fact]
    public void TwoDaemonsDoNotShareAStateDirectory()
    {
        using var folder = new TemporaryFolder();
        using (new StateDirectory(folder.Root))
        {
            EdgeException problem = Assert.Throws<EdgeException>(() => new StateDirectory(folder.Root));
            Assert.Equal(EdgeError.StateDirectory, problem.Error);
            Assert.Contains($"process {Environment.ProcessId}", problem.Message, StringComparison.Ordinal);
        }
        new StateDirectory(folder.Root).Dispose();
        folder.Write("file", "");
        Assert.Equal(EdgeError.StateDirectory, Assert.Throws<EdgeException>(() => new StateDirectory(folder.Path("file/x"))).Error);
    }

    private static byte[] Payload(int number, int length = 10) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture).PadLeft(length));

    private static int[] Drain(Outbox outbox, bool acknowledge = true)
    {
        var found = new List<int>();
        long after = 0;
        while (outbox.Next(after) is { } message)
        {
            found.Add(int.Parse(Encoding.ASCII.GetString(message.Payload), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture));
            after = message.Number;
            if (acknowledge)
            {
                outbox.Acknowledge(after);
            }
        }
        return [.. found];
    }

    /// <summary>The disk, with an operation that fails.</summary>
    private sealed class FailingStore(int failAt, bool forEver) : IFileStore
    {
        private readonly DiskStore _disk = new();

        public int Operations { get; private set; }

        public bool IsFull { get; set; }

        public void CreateFolder(string folder)
        {
            Step();
            _disk.CreateFolder(folder);
        }

        public string[] List(string folder)
        {
            Step();
            return _disk.List(folder);
        }

        public IStoreFile Open(string path)
        {
            Step();
            return new FailingFile(this, _disk.Open(path));
        }

        public void Delete(string path)
        {
            Step();
            _disk.Delete(path);
        }

        private void Step()
        {
            int now = Operations++;
            if (now == failAt || (forEver && now > failAt))
            {
                throw new IOException("simulated: input/output error");
            }
        }

        private sealed class FailingFile(FailingStore store, IStoreFile file) : IStoreFile
        {
            public long Length => file.Length;

            public int ReadAt(long offset, Span<byte> bytes) => file.ReadAt(offset, bytes);

            public void WriteAt(long offset, ReadOnlySpan<byte> bytes)
            {
                try
                {
                    store.Step();
                }
                catch (IOException)
                {
                    file.WriteAt(offset, bytes[..(bytes.Length / 2)]); // a torn write
                    throw;
                }
                if (store.IsFull)
                {
                    throw new IOException("simulated: no space left on device");
                }
                file.WriteAt(offset, bytes);
            }

            public void Truncate(long length)
            {
                store.Step();
                file.Truncate(length);
            }

            public void Sync()
            {
                store.Step();
                file.Sync();
            }

            public void Dispose() => file.Dispose();
        }
    }
}
