using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Serve.Storage;

/// <summary>The daemon's folder, locked while it runs. The lock goes with the process, however that ends.</summary>
public sealed class StateDirectory : IDisposable
{
    private const string LockFile = "lock";
    private const string HolderFile = "holder";

    private readonly FileStream _lock;

    /// <exception cref="EdgeException">The folder cannot be used, or another daemon uses it.</exception>
    public StateDirectory(string path)
    {
        Path = path;
        string holder = System.IO.Path.Combine(path, HolderFile);
        try
        {
            Directory.CreateDirectory(path);
            string file = System.IO.Path.Combine(path, LockFile);
            // Opening with FileShare.None takes an flock; a folder without permission to write is no conflict.
            _lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(holder) && exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new EdgeException(EdgeError.StateDirectory, $"process {ReadHolder(holder)} uses the state directory", "stop it, or give each daemon a state_directory of its own", path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.StateDirectory, $"the state directory cannot be used: {exception.Message}", "check the path and the permissions", path, exception);
        }
        try
        {
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _lock.Dispose();
            throw new EdgeException(EdgeError.StateDirectory, $"the state directory cannot be written to: {exception.Message}", "check the permissions and the free space", path, exception);
        }
    }

    public string Path { get; }

    public void Dispose() => _lock.Dispose();

    private static string ReadHolder(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}
