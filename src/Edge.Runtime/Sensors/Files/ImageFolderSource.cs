using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Files;

/// <summary>The JPEG files of a folder, in order of their names, as frames; again and again where asked for.</summary>
public sealed class ImageFolderSource : IImageSource
{
    /// <summary>Largest file that is read.</summary>
    internal const int MostBytes = 64 << 20;

    private readonly string[] _files;
    private readonly bool _loop;
    private long _next;

    /// <param name="rate">Frames per second, more than 0.</param>
    /// <exception cref="EdgeException">The folder cannot be read, or holds no JPEG files.</exception>
    public ImageFolderSource(string folder, double rate, bool loop)
    {
        try
        {
            _files = [.. Directory.EnumerateFiles(folder).Where(IsJpeg).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unreadable(folder, exception);
        }
        if (_files.Length == 0)
        {
            throw new EdgeException(EdgeError.RecordingUnreadable, "the folder holds no .jpg or .jpeg files", "give a folder with JPEG files", folder);
        }
        _loop = loop;
        Rate = rate;
    }

    public double? Rate { get; }

    public long BadFrames => 0;

    public bool Read(ImageFrame frame)
    {
        if (_next >= _files.Length && !_loop)
        {
            return false;
        }
        frame.SetJpeg(RecordingFile.ReadAllBytes(_files[_next % _files.Length], MostBytes));
        frame.Sequence = _next++;
        frame.Timestamp = Stopwatch.GetTimestamp();
        return true;
    }

    public void Dispose()
    {
    }

    private static bool IsJpeg(string path) => Path.GetExtension(path).ToLowerInvariant() is ".jpg" or ".jpeg";
}
