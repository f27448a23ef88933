using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Training;

/// <summary>
/// A model file that is replaced in one piece and can be put back. Two slots: the model, and beside it <c>.previous</c>, the one
/// before. A replacement is written beside both and takes the model's place by a rename, the only moment at which anything
/// changes: whenever the process dies, the path holds the old model or the new one, complete. <c>.history</c> lists what happened.
/// </summary>
/// <param name="path">The model's file.</param>
public sealed class ModelStore(string path, IFileLayer? files = null)
{
    private const int ChunkBytes = 64 * 1024;

    private readonly IFileLayer _files = files ?? new FileLayer();

    private string New => $"{path}.new";

    private string Kept => $"{path}.kept";

    private string Previous => $"{path}.previous";

    private string HistoryFile => $"{path}.history";

    /// <summary>SHA-256 of the model's file.</summary>
    public byte[] Sha256() => SHA256.HashData(ReadModel());

    /// <summary>Applies a delta that belongs to the model as it is.</summary>
    /// <exception cref="EdgeException">The delta belongs to another model, does not fit, or a file cannot be written; the model is as before.</exception>
    public void Apply(WeightDelta delta, string note)
    {
        byte[] current = ReadModel();
        if (!SHA256.HashData(current).AsSpan().SequenceEqual(delta.BaseSha256))
        {
            throw new EdgeException(EdgeError.BadDelta, $"the delta belongs to the model {Short(delta.BaseSha256)}, this one is {Short(SHA256.HashData(current))}", "apply it to the model that was tuned", path);
        }
        ModelFile model = EdgeReader.Read(path);
        Commit(EdgeWriter.WriteToArray(TunedModel.Apply(model, delta, path)), note);
    }

    /// <summary>Puts a model in the place of the present one, which becomes the previous one.</summary>
    /// <param name="note">For the history; one line.</param>
    public void Commit(byte[] model, string note) => Guard(() =>
    {
        byte[] current = ReadModel();
        Write(New, model);
        Write(Kept, current);
        _files.Replace(Kept, Previous);
        _files.Replace(New, path);
        Note("commit", current, model, note);
    });

    /// <summary>Puts the previous model back.</summary>
    /// <exception cref="EdgeException">There is none.</exception>
    public void Undo() => Guard(() =>
    {
        if (!_files.Exists(Previous))
        {
            throw new EdgeException(EdgeError.BadDelta, "there is no previous model to go back to", "nothing was applied since, or it was undone", path);
        }
        byte[] current = ReadModel();
        byte[] previous = _files.Read(Previous);
        Write(New, previous);
        _files.Replace(New, path);
        _files.Delete(Previous);
        Note("undo", current, previous, "");
    });

    /// <summary>What was done to the model, oldest first: time, action, from, to, note.</summary>
    public string[] History() => _files.Exists(HistoryFile) ? Encoding.UTF8.GetString(_files.Read(HistoryFile)).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    private static string Short(byte[] sha) => Convert.ToHexStringLower(sha.AsSpan(0, 6));

    private byte[] ReadModel()
    {
        try
        {
            return _files.Read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.FileUnreadable, $"the model cannot be read: {exception.Message}", "check the path", path, exception);
        }
    }

    private void Write(string file, ReadOnlySpan<byte> bytes)
    {
        _files.Create(file);
        for (int at = 0; at < bytes.Length; at += ChunkBytes)
        {
            _files.Append(file, bytes.Slice(at, Math.Min(ChunkBytes, bytes.Length - at)));
        }
        _files.Flush(file);
    }

    private void Note(string action, byte[] from, byte[] to, string note)
    {
        string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        string line = $"{time} {action} {Short(SHA256.HashData(from))} {Short(SHA256.HashData(to))} {note.ReplaceLineEndings(" ")}".TrimEnd();
        string[] lines = [.. History(), line];
        Write($"{HistoryFile}.new", Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        _files.Replace($"{HistoryFile}.new", HistoryFile);
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the model cannot be replaced: {exception.Message}", "check the folder, its permissions and the free space", path, exception);
        }
    }
}
