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

    /// <summary>Puts one file in the place of another, at once: whoever opens the path finds the one or the other.</summary>
    void Replace(string from, string to);

    void Delete(string path);
}

/// <summary>The file system.</summary>
public sealed class FileLayer : IFileLayer
{
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

    public void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);
}
