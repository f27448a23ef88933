using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Tests;

public class TensorTests
{
    /// <summary>A span of a tensor that nothing else refers to is the usual way to read a result.</summary>
    [Fact]
    public void ASpanKeepsTheMemoryOfItsTensorAlive()
    {
        foreach (int count in new[] { 1, 1000, 1_000_000 })
        {
            Span<float> values = Filled(count, out WeakReference tensor);
            for (int round = 0; round < 4; round++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                for (int i = 0; i < 16; i++)
                {
                    Tensor.Allocate(DataType.F32, new Shape(count)).Span<float>().Fill(i);
                }
            }
            Assert.False(tensor.IsAlive);
            Assert.Equal(-1, values.IndexOfAnyExcept(0.75f));
        }
    }

    [Fact]
    public unsafe void MemoryIsAlignedAndZeroed()
    {
        Assert.All(Enumerable.Range(0, 200), count =>
        {
            Tensor tensor = Tensor.Allocate(DataType.F64, new Shape(count));
            Assert.Equal(0, (long)tensor.Data % AlignedBuffer.Alignment);
            Assert.Equal(count, tensor.Span<double>().Count(0));
            Assert.True(Unsafe.AreSame(ref tensor.ByteSpan().GetPinnableReference(), ref count == 0 ? ref Unsafe.NullRef<byte>() : ref *tensor.Data));
            tensor.Span<double>().Fill(count);
        });
    }

    [Fact]
    public void AnotherShapeSharesTheMemory()
    {
        Tensor tensor = Tensor.FromVector<float>(1, 2, 3, 4, 5, 6);
        Tensor matrix = tensor.Reshape(new Shape(2, 3));
        tensor.Span<float>()[5] = 7;
        Assert.Equal([1f, 2, 3, 4, 5, 7], matrix.ToArray<float>());
        Assert.Throws<ArgumentException>(() => tensor.Reshape(new Shape(5)));
        Assert.Throws<InvalidOperationException>(() => tensor.Span<int>().Length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Span<float> Filled(int count, out WeakReference reference)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, new Shape(count));
        tensor.Span<float>().Fill(0.75f);
        reference = new WeakReference(tensor);
        return tensor.Span<float>();
    }
}
