namespace Edge.Runtime.Planning;

/// <summary>
/// A stretch of the arena and the steps during which it holds something: one or several values that share memory
/// (views, in-place results), or the scratch memory of one step.
/// </summary>
public sealed class ArenaBuffer(string name, long bytes, int firstStep)
{
    /// <summary>The value that the buffer was made for.</summary>
    public string Name => name;

    public long Bytes => bytes;

    /// <summary>Step that writes it first; -1 for graph inputs.</summary>
    public int FirstStep { get; } = firstStep;

    /// <summary>Last step that reads or writes it; the number of steps for graph outputs.</summary>
    public int LastStep { get; private set; } = firstStep;

    /// <summary>Start in the arena, in bytes; a multiple of 64.</summary>
    public long Offset { get; internal set; } = -1;

    public void ExtendTo(int step) => LastStep = Math.Max(LastStep, step);

    public bool Overlaps(ArenaBuffer other) => FirstStep <= other.LastStep && other.FirstStep <= LastStep;
}
