using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Dispatch;

namespace Edge.Runtime.Devices;

/// <summary>
/// What takes time to find out, on disk: compiled kernels, measured rates, models that passed their golden samples. A file that is
/// damaged or cannot be written costs time, never a result.
/// </summary>
internal sealed class DiskCache
{
    private const int MostBytes = 64 << 20;

    private readonly string? _folder;
    private readonly string _scope;

    /// <param name="scope">Keys of one scope are not those of another.</param>
    /// <param name="folder">Null for the knob EDGE_CACHE.</param>
    public DiskCache(string scope, string? folder = null)
    {
        _scope = scope;
        _folder = (folder ?? Knobs.Cache.Value) switch
        {
            "none" => null,
            "" => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } home ? home : Path.GetTempPath(), "edge"),
            string named => named,
        };
    }

    /// <summary>What belongs to a device and its driver.</summary>
    public static DiskCache For(DeviceInfo info, string? folder = null) => new($"{info.Api}/{info.Name}/{info.Driver}", folder);

    /// <summary>Whether anything is kept at all.</summary>
    public bool Keeps => _folder is not null;

    /// <summary>What was kept under a key; null where there is nothing usable.</summary>
    public byte[]? Read(string key)
    {
        try
        {
            string? path = PathOf(key);
            if (path is null || !File.Exists(path) || new FileInfo(path).Length is < 32 or > MostBytes)
            {
                return null;
            }
            byte[] bytes = File.ReadAllBytes(path);
            return SHA256.HashData(bytes.AsSpan(32)).AsSpan().SequenceEqual(bytes.AsSpan(0, 32)) ? bytes[32..] : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string key, byte[] content)
    {
        try
        {
            if (PathOf(key) is not { } path || content.Length + 32 > MostBytes)
            {
                return;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string fresh = $"{path}.{Environment.ProcessId}";
            File.WriteAllBytes(fresh, [.. SHA256.HashData(content), .. content]);
            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without a cache everything works, only slower.
        }
    }

    private string? PathOf(string key) =>
        _folder is null ? null : Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{_scope}\n{key}")).AsSpan(0, 16)));
}
