using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Runtime;

/// <summary>
/// A model as it lies in a file, ready to make sessions. Weights stay in the file: it is mapped, shared by all sessions and
/// released when neither the model nor a session is in use any more. Safe to use from several threads.
/// </summary>
/// <example><code>
/// using var session = EdgeModel.Open("m.edge").CreateSession();
/// session.Run(input, output);
/// </code></example>
public sealed class EdgeModel
{
    public EdgeModel(ModelFile file) => File = file;

    /// <summary>Everything that the file holds.</summary>
    public ModelFile File { get; }

    public Graph Graph => File.Graph;

    /// <summary>Class names in order of the output's elements; empty where the model has none.</summary>
    public IReadOnlyList<string> Labels => File.Labels;

    public ImagePreprocessing? Image => File.Image;

    public SignalPreprocessing? Signal => File.Signal;

    public IReadOnlyList<Value> Inputs => Graph.Inputs;

    public IReadOnlyList<Value> Outputs => Graph.Outputs;

    /// <exception cref="EdgeException">The file cannot be read, is damaged, or breaks a rule of the format.</exception>
    public static EdgeModel Open(string path, ReadOptions? options = null) => new(EdgeReader.Read(path, options));

    /// <summary>Plans the model and allocates what a run needs.</summary>
    /// <exception cref="EdgeException">A node has no kernel, or memory does not suffice.</exception>
    public InferenceSession CreateSession(SessionOptions? options = null) => new(Graph, options);
}
