using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Silk.NET.Core.Contexts;

namespace Edge.Runtime.Devices;

/// <summary>The loader library of a compute API, found by its name when it is first needed.</summary>
internal sealed class NativeApi : INativeContext
{
    private readonly nint _library;

    private NativeApi(nint library) => _library = library;

    /// <exception cref="EdgeException">None of the names is installed.</exception>
    public static NativeApi Load(string api, string package, params string[] names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return new NativeApi(library);
            }
        }
        throw new EdgeException(EdgeError.DeviceMissing, $"{api} is not installed: {string.Join(" and ", names)} cannot be loaded", $"install {package} and the driver of the device, or use --backend cpu");
    }

    public nint GetProcAddress(string proc, int? slot = default) => NativeLibrary.TryGetExport(_library, proc, out nint address) ? address : 0;

    public bool TryGetProcAddress(string proc, out nint addr, int? slot = default) => NativeLibrary.TryGetExport(_library, proc, out addr);

    /// <summary>Drivers do not like to be unloaded: the library stays until the process ends.</summary>
    public void Dispose()
    {
    }
}
