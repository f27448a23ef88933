using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices;

namespace Edge.Runtime.Execution;

/// <summary>Where the nodes of a model are computed, and the measurements behind it, as it is kept in a file.</summary>
/// <param name="Machine">Drivers, processor and Edge version for which it was found; see <see cref="FingerprintOf"/>.</param>
/// <param name="Model">SHA-256 of the model file.</param>
/// <param name="Backend"><c>cpu</c>, <c>opencl</c> or <c>vulkan</c>.</param>
/// <param name="Device">Name of the device; empty for the processor.</param>
/// <param name="OnDevice">Indexes of the nodes that the device computes.</param>
/// <param name="CpuMs">Measured latency with everything on the processor.</param>
/// <param name="ChosenMs">Measured latency of the choice.</param>
/// <param name="Remarks">What was measured and refused, in words.</param>
public sealed record Placement(
    string Machine, string Model, string Backend, string Device, int[] OnDevice, double CpuMs, double ChosenMs, string[] Remarks)
{
    /// <summary>Everything on the processor.</summary>
    public static Placement OnProcessor(string reason) => new("", "", "cpu", "", [], 0, 0, [reason]);

    public bool IsOnProcessor => Backend == "cpu";

    public DeviceApi Api => Backend == "vulkan" ? DeviceApi.Vulkan : DeviceApi.OpenCl;

    /// <summary>The file beside the model that keeps the placement.</summary>
    public static string PathFor(string model) => $"{model}.placement.json";

    /// <summary>The placement kept beside a model, where it was found on this machine for this file; else null.</summary>
    public static Placement? TryRead(string model, int threads)
    {
        try
        {
            string path = PathFor(model);
            if (!File.Exists(path) || new FileInfo(path).Length > 1 << 22)
            {
                return null;
            }
            Placement? kept = JsonSerializer.Deserialize(File.ReadAllBytes(path), PlacementJson.Default.Placement);
            bool complete = kept is { Machine: not null, Model: not null, Backend: "cpu" or "opencl" or "vulkan", Device: not null, OnDevice: not null, Remarks: not null };
            return complete && kept!.Machine == FingerprintOf(threads) && kept.Model == HashOf(model) ? kept : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Keeps the placement beside the model; where that cannot be written, it is found again the next time.</summary>
    public void TryWrite(string model)
    {
        try
        {
            File.WriteAllBytes(PathFor(model), JsonSerializer.SerializeToUtf8Bytes(this, PlacementJson.Default.Placement));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only folder: nothing is lost but time.
        }
    }

    /// <summary>SHA-256 of a file.</summary>
    public static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>
    /// What must not change if a placement is to stay valid: processor features, threads, the version of Edge, and the files by which
    /// drivers of OpenCL and Vulkan make themselves known. Found without opening a device.
    /// </summary>
    public static string FingerprintOf(int threads)
    {
        var text = new StringBuilder();
        text.Append($"{typeof(Placement).Assembly.GetName().Version} {Cpu.Features} {threads} {Knobs.Device.Value}\n");
        string[] folders = ["/etc/OpenCL/vendors", "/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
        foreach (FileInfo file in folders.Where(Directory.Exists).SelectMany(f => new DirectoryInfo(f).GetFiles()).OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            text.Append($"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}\n");
        }
        const string Nvidia = "/proc/driver/nvidia/version";
        text.Append(File.Exists(Nvidia) ? File.ReadAllText(Nvidia) : "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Whether the system shows a GPU, without loading any driver: the device files of Linux; elsewhere it is assumed.</summary>
    public static bool HasGpu() => !OperatingSystem.IsLinux()
        || File.Exists("/dev/nvidia0") || File.Exists("/dev/mali0") || File.Exists("/dev/kgsl-3d0") || File.Exists("/dev/dxg") || File.Exists("/dev/nvmap")
        || (Directory.Exists("/dev/dri") && Directory.EnumerateFiles("/dev/dri", "renderD*").Any());
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Placement))]
internal sealed partial class PlacementJson : JsonSerializerContext;
