using System.Text;

namespace Edge.Runtime.Tests.Sensors;

/// <summary>A temporary folder for recordings made by one test.</summary>
public sealed class RecordingFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-recording-");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    public string Write(string name, string text) => Write(name, Encoding.Latin1.GetBytes(text));

    public void Dispose() => _folder.Delete(recursive: true);
}
