using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Tests;

public class ModelSlotTests
{
    [Fact]
    public void ANewModelTakesOverBetweenTwoInferences()
    {
        using var folder = new TemporaryFolder();
        var changes = new List<string>();
        using var slot = Slot(TestModels.Write(folder.Path("a.edge"), 1, golden: true));
        slot.Changed = changes.Add;
        string first = slot.Current.Hash;
        Assert.True(slot.Current.HasGoldens);
        ModelInstance offered = slot.Offer(TestModels.Write(folder.Path("b.edge"), 2, golden: true));
        Assert.Equal(first, slot.Current.Hash); // the inference that runs goes on with the old one
        ModelInstance now = slot.Acquire();
        Assert.Equal(offered.Hash, now.Hash);
        now.Run([1, 2, 3, 4]);
        Assert.Equal([2, 4, 6, 8], now.Output(0).ToArray());
        Assert.Equal([$"swapped from {first} to {offered.Hash}"], changes);
    }

    [Fact]
    public void AHundredSwapsNeverMixModels()
    {
        using var folder = new TemporaryFolder();
        string[] files = [.. Enumerable.Range(1, 4).Select(i => TestModels.Write(folder.Path($"{i}.edge"), i))];
        using var slot = Slot(files[0]);
        var factors = files.Select((f, i) => (ModelInstance.Load(f, 1).Hash, Factor: i + 1)).ToDictionary(f => f.Hash, f => f.Factor);
        var offers = new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                slot.Offer(files[i % 4]);
            }
        });
        offers.Start();
        do
        {
            ModelInstance instance = slot.Acquire();
            instance.Run([1, 1, 1, 1]);
            Assert.Equal(factors[instance.Hash], instance.Output(0)[0]);
            slot.Report(0.1, null);
        }
        while (offers.IsAlive);
    }

    [Fact]
    public void DamagedWrongAndForeignFilesAreRefused()
    {
        using var folder = new TemporaryFolder();
        using var slot = Slot(TestModels.Write(folder.Path("a.edge")));
        string hash = slot.Current.Hash;
        byte[] bytes = File.ReadAllBytes(folder.Path("a.edge"));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(folder.Path("damaged.edge"), bytes);
        folder.Write("text.edge", "no model");
        Assert.Throws<EdgeException>(() => slot.Offer(folder.Path("damaged.edge")));
        Assert.Throws<EdgeException>(() => slot.Offer(folder.Path("text.edge")));
        Assert.Throws<EdgeException>(() => slot.Offer(folder.Path("nothing.edge")));
        Assert.Equal(EdgeError.GoldenMismatch, Assert.Throws<EdgeException>(() => slot.Offer(TestModels.Write(folder.Path("golden.edge"), wrongGolden: true))).Error);
        Assert.Contains("does not fit", Assert.Throws<EdgeException>(() => slot.Offer(TestModels.Write(folder.Path("size.edge"), size: 3))).Message, StringComparison.Ordinal);
        Assert.Equal((hash, 5L), (slot.Acquire().Hash, slot.Rejected));
    }

    [Theory]
    [InlineData("NaN or infinity", 1.0)]
    [InlineData("an error", 1.0)]
    [InlineData(null, 500.0)]
    public void AModelThatMisbehavesIsRolledBack(string? problem, double milliseconds)
    {
        using var folder = new TemporaryFolder();
        var changes = new List<string>();
        using var slot = Slot(TestModels.Write(folder.Path("a.edge")));
        slot.Changed = changes.Add;
        string first = slot.Current.Hash;
        slot.Acquire().Run([1, 2, 3, 4]);
        slot.Report(1, null);
        slot.Offer(TestModels.Write(folder.Path("b.edge"), 2));
        ModelInstance second = slot.Acquire();
        if (problem is null)
        {
            // Slowness has to last: one inference that was held up is no reason.
            second.Run([1, 2, 3, 4]);
            Assert.True(slot.Report(milliseconds, null));
            return;
        }
        Assert.False(slot.Report(milliseconds, problem));
        Assert.Equal(first, slot.Acquire().Hash);
        Assert.Contains("rolled back", changes[^1], StringComparison.Ordinal);
        Assert.Equal(1, slot.Rejected);
    }

    [Fact]
    public void AfterItsProbationAModelStays()
    {
        using var folder = new TemporaryFolder();
        using var slot = Slot(TestModels.Write(folder.Path("a.edge")));
        ModelInstance second = slot.Offer(TestModels.Write(folder.Path("b.edge"), 2));
        for (int i = 0; i < ModelSlot.Probation; i++)
        {
            slot.Acquire().Run([1, 2, 3, 4]);
            Assert.True(slot.Report(1, null));
        }
        Assert.False(slot.Report(1, "NaN")); // the result is not used, but there is nothing to go back to
        Assert.Equal(second.Hash, slot.Acquire().Hash);
    }

    private static ModelSlot Slot(string path) => new(path, 1, m =>
    {
        if (m.Input.Info.KnownShape.Count != 4)
        {
            throw new EdgeException(EdgeError.ModelRefused, "it does not fit");
        }
    });
}
