using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;

namespace Edge.Serve.Sinks;

/// <summary>Appends a line of JSON per result to a file, or writes it to standard output. After an error the file is opened again for the next result.</summary>
internal sealed class JsonLinesSink(SinkConfig config, string name, Func<Stream> open) : ResultSink(config, name)
{
    private Stream? _stream;

    /// <summary>Opens the file of the configuration.</summary>
    public static Stream OpenFile(string path) => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1);

    public override void Dispose()
    {
        base.Dispose();
        _stream?.Dispose();
    }

    protected override void Write(StreamResult result)
    {
        byte[] json = ToJson(result);
        var line = new byte[json.Length + 1];
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        try
        {
            _stream ??= open();
            _stream.Write(line);
            _stream.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Stream? broken = _stream;
            _stream = null;
            try
            {
                broken?.Dispose();
            }
            catch (IOException)
            {
                // It is closed all the same.
            }
            throw;
        }
    }
}
