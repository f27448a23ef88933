using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class CastTests
{
    [Fact]
    public void EveryPairOfTypesConvertsSmallNumbersExactly()
    {
        foreach (DataType from in DataTypes.All)
        {
            foreach (DataType to in DataTypes.All)
            {
                double[] values = from == DataType.Bool || to == DataType.Bool ? [0, 1, 0, 1, 1] : [0, 1, 2, 100, 127];
                Tensor source = Cast(Tensor.FromVector<double>(values), from);
                Assert.Equal(values, Cast(source, to).ToDouble());
            }
        }
    }

    [Fact]
    public void FloatsTruncateSaturateAndDropNaN()
    {
        Tensor source = Tensor.FromVector(1.9f, -1.9f, float.NaN, 1e20f, -1e20f, float.PositiveInfinity);
        Assert.Equal([1, -1, 0, int.MaxValue, int.MinValue, int.MaxValue], Cast(source, DataType.S32).ToArray<int>());
        Assert.Equal<byte>([1, 0, 0, 255, 0, 255], Cast(source, DataType.U8).ToArray<byte>());
        Assert.Equal([1, -1, 0, long.MaxValue, long.MinValue, long.MaxValue], Cast(source, DataType.S64).ToArray<long>());
        Assert.Equal<byte>([1, 1, 1, 1, 1, 1], Cast(source, DataType.Bool).ByteSpan().ToArray());
    }

    [Fact]
    public void IntegersWrapAndHalvesRoundToEven()
    {
        Assert.Equal<sbyte>([-128, -1, 44], Cast(Tensor.FromVector(128, 255, 300), DataType.S8).ToArray<sbyte>());
        Assert.Equal<ushort>([65535], Cast(Tensor.FromVector(-1L), DataType.U16).ToArray<ushort>());
        // float16 has 11 significant bits: 2049 lies between 2048 and 2050, 2051 between 2050 and 2052.
        Assert.Equal([2048, 2052, double.PositiveInfinity, -0.0], Cast(Tensor.FromVector(2049f, 2051f, 1e6f, -0f), DataType.F16).ToDouble());
    }

    private static Tensor Cast(Tensor source, DataType to)
    {
        using Kernel kernel = CastKernels.Table.Prepare(new CastProblem(source.Type, to, source.Count), KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [source], [new TensorInfo(to, source.Shape)])[0];
    }
}
