using System.Text;
using Edge.Runtime.Diagnostics;
using Silk.NET.OpenCL;

namespace Edge.Runtime.Devices.OpenCl;

/// <summary>The functions of OpenCL, with errors as exceptions. The numbers are those of cl.h, OpenCL 1.2.</summary>
internal static unsafe class OpenClApi
{
    public const uint PlatformName = 0x0902;
    public const uint DeviceTypeWord = 0x1000;
    public const uint MaxComputeUnits = 0x1002;
    public const uint MaxWorkGroupSize = 0x1004;
    public const uint MaxMemAllocSize = 0x1010;
    public const uint GlobalMemSize = 0x101F;
    public const uint LocalMemSize = 0x1023;
    public const uint DeviceName = 0x102B;
    public const uint DriverVersion = 0x102D;
    public const uint Extensions = 0x1030;
    public const uint HostUnifiedMemory = 0x1035;
    public const ulong TypeCpu = 2;
    public const ulong TypeGpu = 4;
    public const uint ProgramBinarySizes = 0x1165;
    public const uint ProgramBinaries = 0x1166;
    public const uint ProgramBuildLog = 0x1183;

    private static readonly Lazy<CL> Api = new(() => new CL(NativeApi.Load("OpenCL", "ocl-icd-libopencl1", "libOpenCL.so.1", "libOpenCL.so", "OpenCL.dll")));

    /// <exception cref="EdgeException">OpenCL is not installed.</exception>
    public static CL Cl => Api.Value;

    /// <summary>Every device with the name of its platform.</summary>
    public static List<(nint Device, string Platform)> Devices()
    {
        var found = new List<(nint, string)>();
        uint count = 0;
        // A loader without any driver answers with an error: no platforms.
        if (Cl.GetPlatformIDs(0, null, &count) != 0 || count == 0)
        {
            return found;
        }
        var platforms = new nint[count];
        fixed (nint* list = platforms)
        {
            Check(Cl.GetPlatformIDs(count, list, null), "clGetPlatformIDs");
        }
        foreach (nint platform in platforms)
        {
            uint devices = 0;
            if (Cl.GetDeviceIDs(platform, DeviceType.All, 0, null, &devices) != 0 || devices == 0)
            {
                continue;
            }
            var ids = new nint[devices];
            fixed (nint* list = ids)
            {
                Check(Cl.GetDeviceIDs(platform, DeviceType.All, devices, list, null), "clGetDeviceIDs");
            }
            string name = Text((size, value, used) => Cl.GetPlatformInfo(platform, (PlatformInfo)PlatformName, size, value, used));
            found.AddRange(ids.Select(id => (id, name)));
        }
        return found;
    }

    public static string TextOf(nint device, uint what) => Text((size, value, used) => Cl.GetDeviceInfo(device, (Silk.NET.OpenCL.DeviceInfo)what, size, value, used));

    /// <summary>A number of a device; 0 where the device does not know the question.</summary>
    public static ulong NumberOf(nint device, uint what)
    {
        ulong value = 0;
        return Cl.GetDeviceInfo(device, (Silk.NET.OpenCL.DeviceInfo)what, sizeof(ulong), &value, null) == 0 ? value : 0;
    }

    public static string BuildLog(nint program, nint device) => Text((size, value, used) => Cl.GetProgramBuildInfo(program, device, (ProgramBuildInfo)ProgramBuildLog, size, value, used));

    /// <exception cref="EdgeException"><paramref name="code"/> is an error.</exception>
    public static void Check(int code, string call)
    {
        if (code == 0)
        {
            return;
        }
        throw code switch
        {
            -4 or -5 or -6 or -61 => new EdgeException(EdgeError.DeviceOutOfMemory, $"{call} says that memory does not suffice ({code})", "free memory on the device, reduce the input size, or use --backend cpu"),
            -36 or -9999 => new EdgeException(EdgeError.DeviceLost, $"{call} says that the device is lost ({code})", "open the device again, or use --backend cpu"),
            _ => new EdgeException(EdgeError.DeviceFailed, $"{call} failed with OpenCL error {code}", "use --backend cpu"),
        };
    }

    private delegate int Question(nuint size, void* value, nuint* used);

    private static string Text(Question ask)
    {
        nuint size = 0;
        if (ask(0, null, &size) != 0 || size == 0)
        {
            return "";
        }
        var bytes = new byte[size];
        fixed (byte* value = bytes)
        {
            return ask(size, value, null) == 0 ? Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim() : "";
        }
    }
}
