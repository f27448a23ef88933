using Edge.Kernels.Tensors;

namespace Edge.Testing;

/// <summary>Tensors in blocks of channels, for tests. Unused lanes hold NaN, which a kernel must not let reach a channel.</summary>
public static class Blocked
{
    /// <summary>The same random values whatever the layout.</summary>
    public static Tensor Random(Shape shape, Layout layout, int seed) => From(RandomTensor.F32(shape, seed), layout);

    /// <summary>A planar float32 tensor [N, C, spatial...] in another layout.</summary>
    public static Tensor From(Tensor planar, Layout layout)
    {
        if (layout == Layout.Planar)
        {
            return planar;
        }
        Tensor result = Tensor.Allocate(planar.Info with { Layout = layout });
        result.Span<float>().Fill(float.NaN);
        Copy(planar, result);
        return result;
    }

    /// <summary>The channels of a tensor without its unused lanes; the tensor itself where it is planar.</summary>
    public static Tensor Planar(Tensor tensor)
    {
        if (tensor.Info.Layout == Layout.Planar)
        {
            return tensor;
        }
        Tensor result = Tensor.Allocate(tensor.Info with { Layout = Layout.Planar });
        Copy(tensor, result);
        return result;
    }

    private static void Copy(Tensor from, Tensor to)
    {
        Span<float> source = from.Span<float>();
        Span<float> target = to.Span<float>();
        int channels = from.Shape[1];
        long positions = from.Shape.CountRange(2, from.Shape.Rank);
        for (int n = 0; n < from.Shape[0]; n++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (long p = 0; p < positions; p++)
                {
                    target[(int)((n * to.Info.Layout.ImageElements(channels, positions)) + to.Info.Layout.Offset(c, p, positions))] =
                        source[(int)((n * from.Info.Layout.ImageElements(channels, positions)) + from.Info.Layout.Offset(c, p, positions))];
                }
            }
        }
        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }
}
