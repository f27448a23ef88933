using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Planning;

/// <summary>
/// Where a value is during a run: in a constant, in a buffer of the arena, or, for values whose shape only the run tells,
/// in a tensor made by the step that computes it.
/// </summary>
public sealed class Location(Value value, Tensor? constant, ArenaBuffer? buffer)
{
    public Value Value => value;

    public Tensor? Constant => constant;

    public ArenaBuffer? Buffer => buffer;

    /// <summary>Computed by a late step; see <see cref="PlanStep.IsLate"/>.</summary>
    public bool IsLate => constant is null && buffer is null;

    /// <summary>The tensor of a late value in the current run.</summary>
    internal Tensor? LateTensor { get; set; }
}
