using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Planning;

/// <summary>
/// Where a value is during a run: in a constant or variable, in a buffer of the arena, or, for values whose shape only the run tells,
/// in a tensor made by the step that computes it.
/// </summary>
/// <param name="offset">Where in the buffer it starts, in bytes; a multiple of 64.</param>
public sealed class Location(Value value, Tensor? constant, ArenaBuffer? buffer, long offset = 0, Tensor? variable = null)
{
    public Value Value => value;

    public Tensor? Constant => constant;

    /// <summary>Memory of a <see cref="Value.Variable"/>, or of a view of one; not known to kernels before the run.</summary>
    public Tensor? Variable => variable;

    public ArenaBuffer? Buffer => buffer;

    public long Offset => offset;

    /// <summary>Computed by a late step; see <see cref="PlanStep.IsLate"/>.</summary>
    public bool IsLate => constant is null && buffer is null && variable is null;

    /// <summary>The tensor of a late value in the current run.</summary>
    internal Tensor? LateTensor { get; set; }
}
