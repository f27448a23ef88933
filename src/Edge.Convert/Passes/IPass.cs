using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes;

/// <summary>
/// One graph-to-graph step. After it, the graph computes the same outputs under the same names (up to rounding). A pass
/// holds no state between runs.
/// </summary>
public interface IPass
{
    /// <summary>The name under which the pass stands in logs and error messages: its class name.</summary>
    string Name { get; }

    /// <summary>Rewrites what it finds.</summary>
    /// <returns>Number of rewrites; 0 where the graph is unchanged.</returns>
    int Run(Graph graph, PassLog log);
}
