using Edge.Runtime.Graphs;

namespace Edge.Runtime.Streaming;

/// <summary>How the columns of a value move when the window moves.</summary>
/// <param name="Stride">Samples per column.</param>
/// <param name="Start">The first column that no padded end of the window changes.</param>
/// <param name="End">Behind the last one.</param>
internal sealed record TimeAxis(int Stride, int Start, int End);

/// <summary>A feature map of which a hop computes only the first and the last columns; those between were computed before.</summary>
/// <param name="Left">The columns before <see cref="StreamedColumns.LeftEnd"/>, computed only where somebody reads them; null where there are none.</param>
/// <param name="Right">Those from <see cref="StreamedColumns.RightStart"/> on.</param>
internal sealed record StreamedValue(StreamedColumns Columns, Lazy<Value>? Left, Value Right)
{
    /// <summary>Columns by which it moves per hop.</summary>
    public int Shift => Columns.Axis.End - Columns.RightStart;
}

/// <summary>Columns of an earlier window that a hop reads.</summary>
/// <param name="Input">The input of the step's graph that they are.</param>
/// <param name="Source">The value of the model.</param>
/// <param name="From">First column, counted in the window of this hop.</param>
internal sealed record HistoryRequest(Value Input, Value Source, int From, int To);

/// <summary>What has to be kept of a value: columns <paramref name="From"/> to <paramref name="To"/> of the next window.</summary>
/// <param name="Shift">Columns that a hop adds.</param>
/// <param name="Output">The output of the step's graph with the columns that are new; null for the model's input.</param>
internal sealed record HistoryPlan(Value Source, int From, int To, int Shift, int? Output);
