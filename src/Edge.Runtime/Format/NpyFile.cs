using System.Buffers.Binary;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>
/// Arrays in NumPy's .npy format, versions 1.0 to 3.0: how tensors come from and go to the outside world. Big-endian and
/// Fortran-order arrays are converted while reading; files are written as 1.0, little-endian, C order.
/// </summary>
public static class NpyFile
{
    private const int MaxHeaderBytes = 1 << 16;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <exception cref="EdgeException">The file is missing or holds no array that Edge can use; the message names the file.</exception>
    public static Tensor Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 12);
            return Read(file);
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    /// <summary>Reads one array; memory is allocated only after the stream is known to be long enough.</summary>
    /// <param name="stream">Seekable.</param>
    public static Tensor Read(Stream stream)
    {
        NpyHeader header = ReadHeader(stream);
        long bytes = SizeOf(header);
        long rest = stream.Length - stream.Position;
        if (rest < bytes)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file holds {rest} bytes of values, {header.Type.Name()}{header.Shape} needs {bytes}", "copy the whole file");
        }
        Tensor tensor = Tensor.Allocate(header.Type, header.Shape);
        stream.ReadExactly(tensor.ByteSpan());
        if (header.BigEndian)
        {
            ReverseElements(tensor.ByteSpan(), header.Type.Size());
        }
        if (header.Type == DataType.Bool)
        {
            Normalize(tensor.ByteSpan());
        }
        return header.FortranOrder && header.Shape.Rank > 1 && tensor.Count > 0 ? FromFortran(tensor) : tensor;
    }

    /// <summary>Type, shape and position of the values of a file that holds them as Edge has them: little-endian, the last axis innermost.</summary>
    /// <returns>Null where the values have to be converted: use <see cref="Read(string)"/>.</returns>
    /// <exception cref="EdgeException">The file is missing or holds no array that Edge can use.</exception>
    public static (TensorInfo Info, long Start)? Describe(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 12);
            NpyHeader header = ReadHeader(file);
            return header.BigEndian || header.FortranOrder ? null : (new TensorInfo(header.Type, header.Shape), file.Position);
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    /// <summary>Writes <paramref name="tensor"/>, replacing the file.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public static void Write(string path, Tensor tensor)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
            Write(file, tensor);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the file cannot be written: {exception.Message}", "check the folder and the permissions", path, exception);
        }
    }

    public static void Write(Stream stream, Tensor tensor)
    {
        string text = new NpyHeader(tensor.Type, BigEndian: false, FortranOrder: false, tensor.Shape).ToString();
        // Magic, version and length take 10 bytes; the values start at a multiple of 64 and the header ends in a newline.
        int padded = ((10 + text.Length + 1 + 63) / 64 * 64) - 10;
        Span<byte> prefix = stackalloc byte[10];
        Magic.CopyTo(prefix);
        prefix[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(prefix[8..], (ushort)padded);
        stream.Write(prefix);
        stream.Write(Encoding.ASCII.GetBytes(text.PadRight(padded - 1) + "\n"));
        stream.Write(tensor.ByteSpan());
        GC.KeepAlive(tensor);
    }

    private static NpyHeader ReadHeader(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[12];
        if (stream.ReadAtLeast(prefix[..8], 8, throwOnEndOfStream: false) < 8 || !prefix[..6].SequenceEqual(Magic))
        {
            throw new EdgeException(EdgeError.BadInputFile, "the file is not a .npy file", "write it with numpy.save");
        }
        int major = prefix[6];
        if (major is < 1 or > 3)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the .npy version is {major}.{prefix[7]}, 1.0 to 3.0 are supported", "write it with numpy.save");
        }
        int lengthBytes = major == 1 ? 2 : 4;
        Span<byte> length = prefix.Slice(8, lengthBytes);
        stream.ReadExactlyOrRefuse(length);
        long count = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (count > MaxHeaderBytes)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the .npy header has {count} bytes, at most {MaxHeaderBytes} are supported", "write it with numpy.save");
        }
        var text = new byte[count];
        stream.ReadExactlyOrRefuse(text);
        return NpyHeader.Parse(Encoding.UTF8.GetString(text));
    }

    private static void ReadExactlyOrRefuse(this Stream stream, Span<byte> target)
    {
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the file ends within the .npy header", "copy the whole file");
        }
    }

    private static long SizeOf(NpyHeader header)
    {
        try
        {
            long bytes = checked(header.Shape.Count * header.Type.Size());
            if (bytes <= Limits.MaxTensorBytes)
            {
                return bytes;
            }
        }
        catch (OverflowException)
        {
            // Falls through to the refusal: more than 2^63 elements are too many as well.
        }
        throw new EdgeException(EdgeError.BadInputFile, $"an array {header.Type.Name()}{header.Shape} is larger than 2 GiB, the limit of one tensor", "split the array");
    }

    private static void ReverseElements(Span<byte> bytes, int size)
    {
        for (int i = 0; i < bytes.Length; i += size)
        {
            bytes.Slice(i, size).Reverse();
        }
    }

    private static void Normalize(Span<byte> bools)
    {
        foreach (ref byte value in bools)
        {
            value = value == 0 ? (byte)0 : (byte)1;
        }
    }

    /// <summary>The same array with the last axis innermost.</summary>
    private static Tensor FromFortran(Tensor source)
    {
        Tensor result = Tensor.Allocate(source.Info);
        int size = source.Type.Size();
        Span<byte> from = source.ByteSpan();
        Span<byte> to = result.ByteSpan();
        long[] strides = result.Shape.Strides();
        var index = new int[source.Shape.Rank];
        long target = 0;
        for (long i = 0; i < source.Count; i++)
        {
            from.Slice((int)(i * size), size).CopyTo(to[(int)(target * size)..]);
            for (int axis = 0; axis < index.Length; axis++)
            {
                target += strides[axis];
                if (++index[axis] < source.Shape[axis])
                {
                    break;
                }
                target -= strides[axis] * source.Shape[axis];
                index[axis] = 0;
            }
        }
        return result;
    }
}
