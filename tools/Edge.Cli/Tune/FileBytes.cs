using System.IO.Compression;
using Edge.Runtime.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Edge.Cli.Tune;

/// <summary>A file that is read piece by piece, so that it takes no memory; a compressed one is unpacked and held.</summary>
internal sealed class FileBytes
{
    private readonly string _path;
    private readonly SafeFileHandle? _file;
    private readonly byte[] _held = [];

    /// <param name="path">Unpacked where it ends in <c>.gz</c>.</param>
    /// <exception cref="EdgeException">The file cannot be read.</exception>
    public FileBytes(string path)
    {
        _path = path;
        try
        {
            if (path.EndsWith(".gz", StringComparison.Ordinal))
            {
                _held = Unpack(path);
                Length = _held.Length;
                return;
            }
            _file = File.OpenHandle(path, options: FileOptions.RandomAccess);
            Length = RandomAccess.GetLength(_file);
        }
        catch (Exception exception) when (IsReadFailure(exception))
        {
            throw Unreadable(exception);
        }
    }

    public long Length { get; }

    /// <summary>Reads <paramref name="target"/>.Length bytes from <paramref name="position"/> on.</summary>
    /// <exception cref="EdgeException">The file ends before, or cannot be read.</exception>
    public void Read(long position, Span<byte> target)
    {
        if (position + target.Length > Length)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file has {Length} bytes, {position + target.Length} are needed", "copy the whole file", _path);
        }
        if (_file is null)
        {
            _held.AsSpan((int)position, target.Length).CopyTo(target);
            return;
        }
        try
        {
            while (target.Length > 0)
            {
                int count = RandomAccess.Read(_file, target, position);
                if (count == 0)
                {
                    throw new IOException("it has become shorter");
                }
                target = target[count..];
                position += count;
            }
        }
        catch (Exception exception) when (IsReadFailure(exception))
        {
            throw Unreadable(exception);
        }
    }

    /// <summary>Everything from <paramref name="position"/> on.</summary>
    public byte[] ReadToEnd(long position)
    {
        var bytes = new byte[Math.Max(0, Length - position)];
        Read(position, bytes);
        return bytes;
    }

    /// <summary>Unpacks twice, the first time to count: an array that grows would take several times the memory.</summary>
    private static byte[] Unpack(string path)
    {
        long length = 0;
        var block = new byte[1 << 14];
        using (var counting = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        {
            for (int count; (count = counting.Read(block)) > 0;)
            {
                length += count;
            }
        }
        if (length > Array.MaxLength)
        {
            throw new IOException($"it has {length} bytes, at most {Array.MaxLength} are supported in a compressed file");
        }
        var bytes = new byte[length];
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static bool IsReadFailure(Exception exception) => exception is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException;

    private EdgeException Unreadable(Exception exception) => new(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path", _path, exception);
}
