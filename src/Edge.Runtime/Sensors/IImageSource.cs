namespace Edge.Runtime.Sensors;

/// <summary>A source of camera frames.</summary>
public interface IImageSource : IDisposable
{
    /// <summary>Frames per second where they come from a file or a pattern and have to be paced; null for devices, which set the pace themselves.</summary>
    double? Rate { get; }

    /// <summary>Frames that came, but were not usable: flagged by the driver, too short, cut off.</summary>
    long BadFrames { get; }

    /// <summary>Waits for the next frame, at most a few seconds.</summary>
    /// <param name="frame">Gets the frame, its number and its time.</param>
    /// <returns>False at the end of a recording.</returns>
    /// <exception cref="Diagnostics.EdgeException">The device is gone, stalls or breaks a rule: close the source and open it again.</exception>
    bool Read(ImageFrame frame);
}
