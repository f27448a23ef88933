using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary>Samples of a .npy file along its first axis, read from the disk whenever they are needed.</summary>
internal sealed class ArraySamples : ISampleSet
{
    private readonly FileBytes _file;
    private readonly TensorInfo _info;
    private readonly long _start;
    private readonly int[] _labels;
    private readonly byte[] _bytes;

    private ArraySamples(string path, TensorInfo info, long start, int[] labels)
    {
        _file = new FileBytes(path);
        _info = info;
        _start = start;
        _labels = labels;
        SampleFloats = checked((int)(info.KnownShape.Count / Math.Max(1, labels.Length)));
        _bytes = new byte[SampleFloats * info.Type.Size()];
    }

    public int Count => _labels.Length;

    public int SampleFloats { get; }

    /// <summary>Opens x.npy: float32 and u8 in C order stay on the disk, other arrays are converted and held.</summary>
    /// <param name="labels">One for each entry of the first axis.</param>
    /// <exception cref="EdgeException">The file is no such array, or its first axis does not count the labels.</exception>
    public static ISampleSet Open(string path, int[] labels)
    {
        if (NpyFile.Describe(path) is { Info: { Type: DataType.F32 or DataType.U8, KnownShape: { Rank: > 0 } shape } info } described && shape[0] == labels.Length)
        {
            return new ArraySamples(path, info, described.Start, labels);
        }
        Tensor x = NpyFile.Read(path);
        if (x.Type is not (DataType.F32 or DataType.U8))
        {
            x = Tensor.From<float>(x.Shape, [.. x.ToDouble().Select(v => (float)v)]);
        }
        return new MemorySamples(x, labels);
    }

    public int Label(int index) => _labels[index];

    public void Read(int index, Span<float> target)
    {
        if (_info.Type == DataType.F32)
        {
            _file.Read(_start + ((long)index * SampleFloats * sizeof(float)), System.Runtime.InteropServices.MemoryMarshal.AsBytes(target[..SampleFloats]));
            return;
        }
        _file.Read(_start + ((long)index * SampleFloats), _bytes);
        for (int i = 0; i < SampleFloats; i++)
        {
            target[i] = _bytes[i];
        }
    }
}
