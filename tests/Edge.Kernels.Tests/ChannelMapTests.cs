using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ChannelMapTests
{
    /// <summary>Batch, positions, channels of the inputs and of the outputs, groups that are shuffled.</summary>
    public static TheoryData<int, int, int[], int[], int> Cases => new()
    {
        { 1, 1, [1], [1], 1 },
        { 2, 3, [8], [8], 1 },
        { 1, 49, [16, 8, 24], [48], 1 },
        { 1, 49, [16, 8, 3], [27], 1 },
        { 2, 7, [1, 3, 7, 8, 9, 17], [45], 1 },
        { 1, 300, [45], [17, 9, 8, 7, 3, 1], 1 },
        { 1, 5, [1, 1, 1, 1, 1, 1, 1, 1, 1], [9], 1 },
        { 1, 784, [58, 58], [58, 58], 2 },
        { 2, 9, [116], [116], 2 },
        { 1, 13, [9, 9], [18], 2 },
        { 1, 13, [24], [24], 3 },
        { 1, 6, [40], [20, 20], 8 },
        { 3, 4, [5, 0, 4], [0, 9], 1 },
        { 0, 4, [5], [5], 1 },
        { 2, 0, [5], [5], 1 },
        { 1, 600, [17, 8], [25], 5 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void ChannelsGoWhereTheMapSays(int batch, int positions, int[] inputs, int[] outputs, int groups)
    {
        int[] map = ChannelMapProblem.Shuffled(inputs.Sum(), groups);
        Assert.Equal(map, Enumerable.Range(0, map.Length).Select(c => (c % groups * (map.Length / groups)) + (c / groups)));
        Check(batch, positions, inputs, outputs, map);
    }

    [Theory]
    [InlineData(new[] { 9 }, new[] { 20 })]
    [InlineData(new[] { 8 }, new[] { 16 })]
    [InlineData(new[] { 3, 17 }, new[] { 5, 5 })]
    [InlineData(new[] { 7 }, new[] { 40 })]
    public void AnyMapAndZeros(int[] inputs, int[] outputs)
    {
        var random = new Random(1);
        int channels = inputs.Sum();
        Check(2, 21, inputs, outputs, [.. Enumerable.Range(0, outputs.Sum()).Select(_ => random.Next(-1, channels))]);
        Check(1, 5, inputs, outputs, [.. Enumerable.Range(0, outputs.Sum()).Select(c => c < channels ? c : -1)]);
        Check(1, 5, inputs, outputs, [.. Enumerable.Range(0, outputs.Sum()).Select(c => c >= 4 && c - 4 < channels ? c - 4 : -1)]);
    }

    private static void Check(int batch, int positions, int[] inputs, int[] outputs, int[] map)
    {
        Tensor[] x = [.. inputs.Select((c, i) => RandomTensor.F32WithSpecials(new Shape(batch, c, positions), i))];
        foreach (Layout layout in new[] { Layout.Planar, Layout.Blocked8 })
        {
            var problem = new ChannelMapProblem(batch, positions, inputs, outputs, map, layout);
            Tensor[] sources = [.. x.Select(t => Blocked.From(t, layout))];
            TensorInfo[] infos = [.. outputs.Select(c => new TensorInfo(DataType.F32, new Shape(batch, c, positions), null, layout))];
            string[] rows = RowChecks.AgreeWithReference(ChannelMapKernels.Table, problem, sources, infos, 0);
            Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None, "only the reference ran");
            Tensor[] y = RowChecks.Run(ChannelMapKernels.Table.Select(problem, KernelQuery.Reference), problem, sources, infos);
            float[][] actual = [.. y.Select(t => Blocked.Planar(t).ToArray<float>())];
            for (int c = 0; c < map.Length; c++)
            {
                ChannelPlace to = ChannelPlace.Find(outputs, c);
                for (int i = 0; i < batch * positions; i++)
                {
                    int image = i / positions;
                    int position = i % positions;
                    float expected = 0;
                    if (map[c] >= 0)
                    {
                        ChannelPlace from = ChannelPlace.Find(inputs, map[c]);
                        expected = x[from.Tensor].Span<float>()[(((image * inputs[from.Tensor]) + from.Channel) * positions) + position];
                    }
                    Assert.Equal(expected, actual[to.Tensor][(((image * outputs[to.Tensor]) + to.Channel) * positions) + position]);
                }
            }
        }
    }
}
