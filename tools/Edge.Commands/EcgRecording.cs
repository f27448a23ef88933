using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;

namespace Edge.Commands;

/// <summary>One channel of a recording in millivolts, for the commands.</summary>
internal sealed class EcgRecording : IDisposable
{
    private readonly ISignalSource _source;
    private readonly float _millivolts;

    public EcgRecording(string path, int channel)
    {
        _source = RecordingSource.Open(path, channel);
        ChannelInfo info = _source.Channels[0];
        if (info.Millivolts is null)
        {
            CommandLineApp.Warn($"{path}: channel {channel} '{info.Name}' is in '{info.Unit}', taken as mV");
        }
        _millivolts = info.Millivolts ?? 1;
    }

    public double SampleRate => _source.SampleRate;

    public string ChannelName => _source.Channels[0].Name;

    /// <summary>Reads the next samples, in mV, NaN where there is none.</summary>
    /// <returns>Samples read; 0 at the end.</returns>
    public int Read(Span<float> samples)
    {
        int count = _source.Read(samples);
        foreach (ref float sample in samples[..count])
        {
            sample *= _millivolts;
        }
        return count;
    }

    public void Dispose() => _source.Dispose();

    /// <summary>The record's name: the file's, without folder and extension.</summary>
    public static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    /// <summary>All records of a folder, by their headers, in order of name.</summary>
    public static string[] RecordsIn(string folder)
    {
        try
        {
            string[] headers = [.. Directory.GetFiles(folder, "*.hea").Order(StringComparer.Ordinal)];
            return headers.Length > 0
                ? headers
                : throw new EdgeException(EdgeError.BadInputFile, "the folder holds no WFDB records (.hea)", "give a record, or a folder with records", folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the folder cannot be read: {exception.Message}", "check the path and the permissions", folder, exception);
        }
    }
}
