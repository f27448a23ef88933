using System.CommandLine;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Cli.Tune;

/// <summary><c>edge tune apply</c>: turns a model into a tuned one, in place.</summary>
internal sealed class ApplyCommand : Command
{
    private readonly Argument<string> _model = CommonOptions.Model();
    private readonly Argument<string> _delta = new("DELTA") { Description = "What edge tune wrote with --delta." };

    public ApplyCommand()
        : base("apply", "Applies a delta to a model in place; the model before is kept for undo.")
    {
        Arguments.Add(_model);
        Arguments.Add(_delta);
        SetAction(result =>
        {
            string path = result.GetRequiredValue(_model);
            string delta = result.GetRequiredValue(_delta);
            new ModelStore(path).Apply(WeightDelta.Read(DeltaFiles.Read(delta), delta), Path.GetFileName(delta));
            Console.Out.WriteLine($"{path}: {delta} is applied, the model before is in {path}.previous");
            return 0;
        });
    }
}

/// <summary><c>edge tune undo</c>: puts the model before back.</summary>
internal sealed class UndoCommand : Command
{
    private readonly Argument<string> _model = CommonOptions.Model();

    public UndoCommand()
        : base("undo", "Puts the model before the last delta back.")
    {
        Arguments.Add(_model);
        SetAction(result =>
        {
            string path = result.GetRequiredValue(_model);
            new ModelStore(path).Undo();
            Console.Out.WriteLine($"{path}: the model before is back");
            return 0;
        });
    }
}

/// <summary><c>edge tune history</c>: what was done to a model.</summary>
internal sealed class HistoryCommand : Command
{
    private readonly Argument<string> _model = CommonOptions.Model();

    public HistoryCommand()
        : base("history", "Lists what was applied to a model and undone: time, action, model before, model after, delta.")
    {
        Arguments.Add(_model);
        SetAction(result =>
        {
            foreach (string line in new ModelStore(result.GetRequiredValue(_model)).History())
            {
                Console.Out.WriteLine(line);
            }
            return 0;
        });
    }
}

/// <summary>Delta files of the commands.</summary>
internal static class DeltaFiles
{
    /// <exception cref="EdgeException">The file cannot be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path", path, exception);
        }
    }

    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the file cannot be written: {exception.Message}", "check the folder", path, exception);
        }
    }
}
