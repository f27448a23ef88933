using System.Runtime.InteropServices;

namespace Edge.Runtime.Training;

/// <summary>What replacing a model does with files; tests put failures in between.</summary>
public interface IFileLayer
{
    bool Exists(string path);

    byte[] Read(string path);

    /// <summary>Makes an empty file, in the place of one that is there.</summary>
    void Create(string path);

    void Append(string path, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when the file's bytes are on the disk.</summary>
    void Flush(string path);

    /// <summary>Puts one file in the place of another, at once: whoever opens the path finds the one or the other. Returns when the folder is on the disk.</summary>
    void Replace(string from, string to);

    void Delete(string path);
}

/// <summary>The file system.</summary>
public sealed partial class FileLayer : IFileLayer
{
    private const int ReadOnly = 0;

    public bool Exists(string path) => File.Exists(path);

    public byte[] Read(string path) => File.ReadAllBytes(path);

    public void Create(string path) => File.WriteAllBytes(path, []);

    public void Append(string path, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write);
        stream.Write(bytes);
    }

    public void Flush(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
        stream.Flush(flushToDisk: true);
    }

    public void Replace(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        FlushFolder(to);
    }

    public void Delete(string path)
    {
        File.Delete(path);
        FlushFolder(path);
    }

    /// <summary>A rename is on the disk only when its folder is (fsync(2)); file systems that cannot do that for folders refuse, and are left alone.</summary>
    private static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        int folder = Open(Path.GetDirectoryName(Path.GetFullPath(path))!, ReadOnly);
        if (folder >= 0)
        {
            _ = Fsync(folder);
            _ = Close(folder);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
