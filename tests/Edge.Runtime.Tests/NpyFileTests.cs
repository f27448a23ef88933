using System.Buffers.Binary;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests;

public class NpyFileTests
{
    public static TheoryData<DataType, int[]> Arrays
    {
        get
        {
            var data = new TheoryData<DataType, int[]>();
            foreach (DataType type in DataTypes.All)
            {
                foreach (int[] dims in new int[][] { [], [0], [3], [2, 3], [1, 2, 0, 4], [2, 1, 3, 4, 5] })
                {
                    data.Add(type, dims);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Arrays))]
    public void WhatIsWrittenIsReadBack(DataType type, int[] dims)
    {
        Tensor tensor = RandomTensor.Bytes(type, new Shape(dims), 7);
        if (type == DataType.Bool)
        {
            foreach (ref byte value in tensor.ByteSpan())
            {
                value &= 1;
            }
        }
        using var stream = new MemoryStream();
        NpyFile.Write(stream, tensor);
        Assert.Equal(0, (stream.Length - tensor.Bytes) % 64);
        stream.Position = 0;
        Tensor back = NpyFile.Read(stream);
        Assert.Equal(tensor.Info, back.Info);
        Assert.Equal(tensor.ByteSpan().ToArray(), back.ByteSpan().ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EveryVersionIsRead(byte version)
    {
        Tensor tensor = NpyFile.Read(Make("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", [1, 0, 0, 0, 2, 0, 0, 0], version));
        Assert.Equal([1, 2], tensor.ToArray<int>());
    }

    [Fact]
    public void FortranOrderAndBigEndianAreConverted()
    {
        // [[1,2,3],[4,5,6]] column by column, most significant byte first.
        byte[] values = [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6];
        Tensor tensor = NpyFile.Read(Make("{'shape':(2,3),'fortran_order':True,'descr':'>i2'}", values));
        Assert.Equal(new Shape(2, 3), tensor.Shape);
        Assert.Equal(new short[] { 1, 2, 3, 4, 5, 6 }, tensor.ToArray<short>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647,2147483647,2147483647,2147483647)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 'y'}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} 1")]
    [InlineData("__import__('os').system('true')")]
    public void HostileHeadersAreRefused(string header)
    {
        EdgeException exception = Assert.Throws<EdgeException>(() => NpyFile.Read(Make(header, new byte[4])));
        Assert.Equal(EdgeError.BadInputFile, exception.Error);
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        using var whole = new MemoryStream();
        NpyFile.Write(whole, RandomTensor.F32(new Shape(2, 3), 1));
        byte[] bytes = whole.ToArray();
        for (int length = 0; length < bytes.Length; length++)
        {
            EdgeException exception = Assert.Throws<EdgeException>(() => NpyFile.Read(new MemoryStream(bytes, 0, length)));
            Assert.Equal(EdgeError.BadInputFile, exception.Error);
        }
    }

    [Fact]
    public void FlagsAreNormalized()
    {
        Tensor tensor = NpyFile.Read(Make("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", [0, 1, 255]));
        Assert.Equal(new byte[] { 0, 1, 1 }, tensor.ToArray<byte>());
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        EdgeException exception = Assert.Throws<EdgeException>(() => NpyFile.Read("/does/not/exist.npy"));
        Assert.StartsWith("EC4001 /does/not/exist.npy: ", exception.Message, StringComparison.Ordinal);
    }

    private static MemoryStream Make(string header, byte[] values, byte version = 1)
    {
        byte[] text = Encoding.UTF8.GetBytes(header + "\n");
        var length = new byte[version == 1 ? 2 : 4];
        length[0] = (byte)text.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        return new MemoryStream([0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. values]);
    }
}
