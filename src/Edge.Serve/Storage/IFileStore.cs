namespace Edge.Serve.Storage;

/// <summary>The file operations that durable state needs: the seam at which tests let each of them fail. All may throw <see cref="IOException"/>.</summary>
internal interface IFileStore
{
    /// <summary>Makes the folder where it is not there.</summary>
    void CreateFolder(string folder);

    /// <summary>Names of the files of a folder.</summary>
    string[] List(string folder);

    /// <summary>Opens a file to read and write, and makes it where it is not there.</summary>
    IStoreFile Open(string path);

    void Delete(string path);
}

/// <summary>An open file.</summary>
internal interface IStoreFile : IDisposable
{
    long Length { get; }

    /// <returns>Bytes read; fewer than asked for at the end.</returns>
    int ReadAt(long offset, Span<byte> bytes);

    void WriteAt(long offset, ReadOnlySpan<byte> bytes);

    void Truncate(long length);

    /// <summary>Returns when the content is on the disk.</summary>
    void Sync();
}

/// <summary>The file system.</summary>
internal sealed class DiskStore : IFileStore
{
    public void CreateFolder(string folder) => Directory.CreateDirectory(folder);

    public string[] List(string folder) => [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!)];

    public IStoreFile Open(string path) => new DiskFile(path);

    public void Delete(string path) => File.Delete(path);

    private sealed class DiskFile(string path) : IStoreFile
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

        public long Length => RandomAccess.GetLength(_handle);

        public int ReadAt(long offset, Span<byte> bytes)
        {
            int done = 0;
            int count;
            while (done < bytes.Length && (count = RandomAccess.Read(_handle, bytes[done..], offset + done)) > 0)
            {
                done += count;
            }
            return done;
        }

        public void WriteAt(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

        public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

        public void Sync() => RandomAccess.FlushToDisk(_handle);

        public void Dispose() => _handle.Dispose();
    }
}
