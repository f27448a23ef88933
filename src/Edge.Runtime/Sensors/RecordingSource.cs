using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Sensors;

/// <summary>Opens a recording by its file: <c>.edf</c> files as EDF, others as WFDB records.</summary>
public static class RecordingSource
{
    /// <param name="path">An EDF file, a WFDB header, or a WFDB record without extension.</param>
    /// <param name="channel">The signal to read.</param>
    /// <exception cref="EdgeException">The recording cannot be read, or has no such signal.</exception>
    public static ISignalSource Open(string path, int channel) =>
        Path.GetExtension(path).Equals(".edf", StringComparison.OrdinalIgnoreCase) ? new EdfSource(path, channel) : new WfdbSource(path, channel);
}
