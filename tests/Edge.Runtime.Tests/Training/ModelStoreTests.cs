using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

/// <summary>Deltas and the two slots: whenever the process dies, the old or the new model is there.</summary>
public sealed class ModelStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-store").FullName;

    private string Model => Path.Combine(_folder, "m.edge");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void KilledAtEveryWriteTheOldOrTheNewModelIsThere()
    {
        (byte[] old, WeightDelta delta) = Prepare();
        byte[] expected = Applied(old, delta);
        int operations = DyingLayer.Count(layer => new ModelStore(Model, layer).Apply(delta, "test"), () => Restore(old));
        Assert.InRange(operations, 10, 200);
        bool sawOld = false;
        bool sawNew = false;
        for (int i = 0; i < operations; i++)
        {
            Restore(old);
            Assert.Throws<ProcessDied>(() => new ModelStore(Model, new DyingLayer(i)).Apply(delta, "test"));
            byte[] found = File.ReadAllBytes(Model);
            bool isOld = found.AsSpan().SequenceEqual(old);
            Assert.True(isOld || found.AsSpan().SequenceEqual(expected), $"killed at operation {i}: neither the old nor the new model");
            sawOld |= isOld;
            sawNew |= !isOld;
            EdgeReader.Read(Model);

            // What the dead process left does not disturb the next one.
            var store = new ModelStore(Model);
            if (isOld)
            {
                store.Apply(delta, "again");
            }
            Assert.Equal(expected, File.ReadAllBytes(Model));
            store.Undo();
            Assert.Equal(old, File.ReadAllBytes(Model));
        }
        Assert.True(sawOld && sawNew);
    }

    [Fact]
    public void KilledAtEveryWriteOfAnUndoTheOldOrTheNewModelIsThere()
    {
        (byte[] old, WeightDelta delta) = Prepare();
        byte[] tuned = Applied(old, delta);
        void Start()
        {
            Restore(old);
            new ModelStore(Model).Apply(delta, "start");
        }
        int operations = DyingLayer.Count(layer => new ModelStore(Model, layer).Undo(), Start);
        for (int i = 0; i < operations; i++)
        {
            Start();
            Assert.Throws<ProcessDied>(() => new ModelStore(Model, new DyingLayer(i)).Undo());
            byte[] found = File.ReadAllBytes(Model);
            Assert.True(found.AsSpan().SequenceEqual(old) || found.AsSpan().SequenceEqual(tuned), $"killed at operation {i}");
        }
    }

    [Fact]
    public void ADeltaComputesWhatTheTunedModelComputes()
    {
        ModelFile model = SmallModel.Create();
        Restore(EdgeWriter.WriteToArray(model));
        var options = new FineTuneOptions { Labels = ["a", "b", "c", "d"], Holdout = 0, Trainer = new TrainerOptions { Epochs = 2 } };
        ModelFile loaded = EdgeReader.Read(Model);
        FineTuneResult tuned = FineTuner.Plan(loaded, options, 60).Run(SmallModel.Samples(60, 4));
        var store = new ModelStore(Model);
        var delta = new WeightDelta(store.Sha256(), 4, options.Labels, tuned.Weights);
        byte[] bytes = delta.ToBytes();
        Assert.InRange(bytes.Length, 100, 2000);
        store.Apply(WeightDelta.Read(bytes), "four classes");
        ModelFile applied = EdgeReader.Read(Model);
        Assert.Equal(options.Labels, applied.Labels);
        Assert.Equal(Compute(tuned.Model), Compute(applied));
        Assert.Equal(2, store.History().Length + 1);
        store.Undo();
        Assert.Equal(Compute(model), Compute(EdgeReader.Read(Model)));
        EdgeException exception = Assert.Throws<EdgeException>(store.Undo);
        Assert.Equal(EdgeError.BadDelta, exception.Error);
    }

    [Fact]
    public void ADeltaOfAnotherModelIsRefused()
    {
        (byte[] old, WeightDelta delta) = Prepare();
        WeightDelta other = delta with { BaseSha256 = new byte[32] };
        Assert.Equal(EdgeError.BadDelta, Assert.Throws<EdgeException>(() => new ModelStore(Model).Apply(other, "")).Error);
        WeightDelta misfit = delta with { Weights = new Dictionary<string, Tensor> { ["w2"] = Tensor.FromVector(1f) } };
        Assert.Equal(EdgeError.BadDelta, Assert.Throws<EdgeException>(() => new ModelStore(Model).Apply(misfit, "")).Error);
        Assert.Equal(old, File.ReadAllBytes(Model));
    }

    [Fact]
    public void DamagedDeltasAreRefused()
    {
        byte[] bytes = Prepare().Delta.ToBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x40;
            Assert.Throws<EdgeException>(() => WeightDelta.Read(damaged));
            Assert.Throws<EdgeException>(() => WeightDelta.Read(bytes[..i]));
        }
        // Damage under a right checksum.
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] forged = [.. bytes];
            forged[random.Next(38, forged.Length)] = (byte)random.Next(256);
            SHA256.HashData(forged.AsSpan(38)).CopyTo(forged, 6);
            try
            {
                WeightDelta.Read(forged);
            }
            catch (EdgeException)
            {
                // Refused, as it may be; no other exception may come out.
            }
        }
    }

    private static float[] Compute(ModelFile model)
    {
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        return session.Run(Tensor.From<float>(new Shape(1, 2), [0.3f, -0.7f]))[0].ToArray<float>();
    }

    private (byte[] Old, WeightDelta Delta) Prepare()
    {
        byte[] old = EdgeWriter.WriteToArray(SmallModel.Create());
        Restore(old);
        var weights = new Dictionary<string, Tensor> { ["b2"] = Tensor.FromVector(0.5f, -1f, 2f) };
        return (old, new WeightDelta(SHA256.HashData(old), 0, [], weights));
    }

    private byte[] Applied(byte[] old, WeightDelta delta)
    {
        Restore(old);
        new ModelStore(Model).Apply(delta, "expected");
        return File.ReadAllBytes(Model);
    }

    private void Restore(byte[] bytes)
    {
        foreach (string file in Directory.GetFiles(_folder))
        {
            File.Delete(file);
        }
        File.WriteAllBytes(Model, bytes);
    }

    private sealed class ProcessDied : Exception;

    /// <summary>A file layer whose process dies at an operation; a dying write leaves half of its bytes.</summary>
    private sealed class DyingLayer(int dieAt) : IFileLayer
    {
        private readonly FileLayer _files = new();
        private int _operations;

        public static int Count(Action<IFileLayer> action, Action start)
        {
            start();
            var layer = new DyingLayer(int.MaxValue);
            action(layer);
            return layer._operations;
        }

        public bool Exists(string path) => _files.Exists(path);

        public byte[] Read(string path) => _files.Read(path);

        public void Create(string path)
        {
            Operate();
            _files.Create(path);
        }

        public void Append(string path, ReadOnlySpan<byte> bytes)
        {
            if (_operations == dieAt)
            {
                _files.Append(path, bytes[..(bytes.Length / 2)]);
            }
            Operate();
            _files.Append(path, bytes);
        }

        public void Flush(string path)
        {
            Operate();
            _files.Flush(path);
        }

        public void Replace(string from, string to)
        {
            Operate();
            _files.Replace(from, to);
        }

        public void Delete(string path)
        {
            Operate();
            _files.Delete(path);
        }

        private void Operate()
        {
            if (_operations++ == dieAt)
            {
                throw new ProcessDied();
            }
        }
    }
}
