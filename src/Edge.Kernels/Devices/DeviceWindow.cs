using Edge.Kernels.Tensors;

namespace Edge.Kernels.Devices;

/// <summary>Windows and extents as words of kernels.</summary>
internal static class DeviceWindow
{
    public static int[] Sizes(this Extent extent) => [extent.D, extent.H, extent.W];

    /// <summary>Taps, strides, dilations and leading padding: the constants KD to PW of every kernel with a window.</summary>
    public static int[] Constants(this Window window) => [.. window.Kernel.Sizes(), .. window.Stride.Sizes(), .. window.Dilation.Sizes(), .. window.PadBegin.Sizes()];
}
