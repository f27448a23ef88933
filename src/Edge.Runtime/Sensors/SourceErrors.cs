using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors;

/// <summary>What goes wrong with devices, in one wording.</summary>
internal static class SourceErrors
{
    /// <summary>The device failed; it can be opened again.</summary>
    public static EdgeException Failed(string place, string problem, string remedy = "check cable, power and permissions; it is opened again by itself", Exception? inner = null) =>
        new(EdgeError.SourceFailed, problem, remedy, place, inner);

    /// <summary>The device sends nothing.</summary>
    public static EdgeException Stalled(string place, double seconds) =>
        Failed(place, $"nothing came for {seconds:0.#} s");
}
