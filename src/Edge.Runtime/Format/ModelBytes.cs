using System.IO.MemoryMappedFiles;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Edge.Runtime.Format;

/// <summary>
/// The bytes of a model file, read-only. Tensors over them name this object as their owner; the memory is given back when
/// none of them is reachable any more, so nobody has to dispose of a model.
/// </summary>
internal sealed unsafe class ModelBytes
{
    // Unmaps or frees when it is finalized.
    private readonly object _memory;

    private ModelBytes(object memory, byte* data, long length)
    {
        _memory = memory;
        Data = data;
        Length = length;
    }

    /// <summary>Aligned to 64 bytes. Valid while this object is reachable.</summary>
    public byte* Data { get; }

    public long Length { get; }

    /// <summary>Maps a file. The file must not be changed in place while it is in use; replacing it by a rename is safe.</summary>
    /// <exception cref="EdgeException">The file cannot be opened.</exception>
    public static ModelBytes Map(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            long length = RandomAccess.GetLength(file);
            if (length == 0)
            {
                return Copy([]);
            }
            using var mapping = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            SafeMemoryMappedViewHandle handle = view.SafeMemoryMappedViewHandle;
            return new ModelBytes(handle, (byte*)handle.DangerousGetHandle() + view.PointerOffset, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new EdgeException(EdgeError.FileUnreadable, $"the file cannot be read: {exception.Message}", "check the path and the permissions", inner: exception);
        }
    }

    /// <summary>A file that is in memory already.</summary>
    public static ModelBytes Copy(ReadOnlySpan<byte> bytes)
    {
        var buffer = new AlignedBuffer(bytes.Length);
        bytes.CopyTo(new Span<byte>(buffer.Data, bytes.Length));
        return new ModelBytes(buffer, buffer.Data, bytes.Length);
    }

    /// <summary>A copy of [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>), cut at the end of the file.</summary>
    public byte[] ToArray(long start, int count)
    {
        byte[] copy = new ReadOnlySpan<byte>(Data + start, (int)Math.Min(count, Length - start)).ToArray();
        GC.KeepAlive(_memory);
        return copy;
    }
}
