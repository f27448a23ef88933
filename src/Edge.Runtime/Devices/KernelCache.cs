using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Dispatch;

namespace Edge.Runtime.Devices;

/// <summary>
/// Compiled kernels on disk. Only what this device and driver wrote is read back, and only the driver reads it: a file that is damaged
/// or cannot be written costs time, never a result.
/// </summary>
internal sealed class KernelCache
{
    private const int MostBytes = 64 << 20;

    private readonly string? _folder;
    private readonly string _device;

    /// <param name="folder">Null for the knob EDGE_CACHE.</param>
    public KernelCache(DeviceInfo info, string? folder = null)
    {
        _device = $"{info.Api}/{info.Name}/{info.Driver}";
        _folder = (folder ?? Knobs.Cache.Value) switch
        {
            "none" => null,
            "" => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } home ? home : Path.GetTempPath(), "edge"),
            string named => named,
        };
    }

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
        _folder is null ? null : Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{_device}\n{key}")).AsSpan(0, 16)));
}
