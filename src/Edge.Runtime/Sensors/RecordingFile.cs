using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors;

/// <summary>Opens files of recordings; what goes wrong names the file.</summary>
internal static class RecordingFile
{
    private const int BufferBytes = 1 << 16;

    /// <exception cref="EdgeException">The file is missing or cannot be opened.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (IsFileProblem(exception))
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Creates or replaces a file.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
        }
        catch (Exception exception) when (IsFileProblem(exception))
        {
            throw Unwritable(path, exception);
        }
    }

    /// <exception cref="EdgeException">The file is missing, cannot be read, or is larger than <paramref name="most"/> bytes.</exception>
    public static byte[] ReadAllBytes(string path, int most)
    {
        using FileStream file = Open(path);
        try
        {
            if (file.Length > most)
            {
                throw new EdgeException(EdgeError.RecordingMalformed, $"the file has {file.Length} bytes, at most {most} are expected", "check that it is the right file", path);
            }
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (IsFileProblem(exception))
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Closes a file that cannot be written any more; what is still buffered is lost.</summary>
    public static void Abandon(FileStream file)
    {
        try
        {
            file.Dispose();
        }
        catch (Exception exception) when (IsFileProblem(exception))
        {
            // That it cannot be written is known already.
        }
    }

    public static bool IsFileProblem(Exception exception) => exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;

    public static EdgeException Unreadable(string path, Exception exception) =>
        new(EdgeError.RecordingUnreadable, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);

    public static EdgeException Unwritable(string path, Exception exception) =>
        new(EdgeError.RecordingUnwritable, $"the file cannot be written: {exception.Message}", "check the folder, the permissions and the free space", path, exception);
}
