using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors;

/// <summary>
/// A file of a recording that grows. A write that fails gives it up: nothing more is written, and the recording holds what the file
/// holds.
/// </summary>
internal sealed class GrowingFile(string path)
{
    private readonly FileStream _file = RecordingFile.Create(path);
    private bool _failed;
    private bool _closed;

    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Write(bytes);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw GiveUp(exception);
        }
    }

    /// <summary>Replaces bytes that were written.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public void WriteAt(long position, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Position = position; // writes what is buffered
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw GiveUp(exception);
        }
        Write(bytes);
    }

    /// <summary>Closes the file; once.</summary>
    /// <param name="finish">Writes what is missing at the end; not called where the file was given up.</param>
    /// <returns>Whether the file is complete: false where it was given up or closed before.</returns>
    /// <exception cref="EdgeException">The end cannot be written; the file is closed all the same.</exception>
    public bool Close(Action finish)
    {
        if (_closed)
        {
            return false;
        }
        _closed = true;
        try
        {
            if (!_failed)
            {
                finish();
                _file.Flush();
            }
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw GiveUp(exception);
        }
        finally
        {
            RecordingFile.Abandon(_file);
        }
        return !_failed;
    }

    private EdgeException GiveUp(Exception exception)
    {
        _failed = true;
        return RecordingFile.Unwritable(path, exception);
    }
}
