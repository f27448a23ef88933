using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Google.Protobuf;

namespace Edge.Cli.Tests;

/// <summary>A temporary folder with models made for one test.</summary>
public sealed class TestFolder : IDisposable
{
    private const int Float = 1;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-cli-");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public string Text(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    public string Bytes(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    public string Npy(string name, Tensor tensor)
    {
        NpyFile.Write(Path(name), tensor);
        return Path(name);
    }

    /// <summary>f32 [1,2,3] -> Transpose to [1,3,2] -> Relu: two inputs 'a', 'b' and two outputs where <paramref name="twice"/>.</summary>
    public string Model(string name = "model.onnx", bool twice = false)
    {
        var graph = new GraphProto { Name = "small" };
        AddBranch(graph, "a", "y");
        if (twice)
        {
            AddBranch(graph, "b", "z");
        }
        return Write(name, graph);
    }

    /// <summary>A model that holds one node of the given operator, reading 'x' f32 [1,4].</summary>
    internal string ModelOf(string name, params NodeProto[] nodes)
    {
        var graph = new GraphProto { Name = "nodes" };
        graph.Input.Add(Declare("x", 1, 4));
        graph.Node.Add(nodes);
        graph.Output.Add(new ValueInfoProto { Name = nodes[^1].Output[0] });
        return Write(name, graph);
    }

    /// <summary>A classifier of 2 x 2 gray images: the four pixels are the scores.</summary>
    public string PixelClassifier(string name = "pixels.onnx")
    {
        var graph = new GraphProto { Name = "pixels" };
        graph.Input.Add(Declare("image", 1, 1, 2, 2));
        graph.Node.Add(MakeNode("Relu", "image", "scores"));
        graph.Output.Add(new ValueInfoProto { Name = "scores" });
        return Write(name, graph);
    }

    internal static NodeProto MakeNode(string type, string input, string output)
    {
        var node = new NodeProto { OpType = type, Name = $"the {type}" };
        node.Input.Add(input);
        node.Output.Add(output);
        return node;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void AddBranch(GraphProto graph, string input, string output)
    {
        graph.Input.Add(Declare(input, 1, 2, 3));
        NodeProto transpose = MakeNode("Transpose", input, $"{input}/t");
        transpose.Name += $" of {input}";
        var permutation = new AttributeProto { Name = "perm", Type = AttributeProto.Types.AttributeType.Ints };
        permutation.Ints.Add([0, 2, 1]);
        transpose.Attribute.Add(permutation);
        NodeProto relu = MakeNode("Relu", $"{input}/t", output);
        relu.Name += $" of {input}";
        graph.Node.Add([transpose, relu]);
        graph.Output.Add(new ValueInfoProto { Name = output });
    }

    private static ValueInfoProto Declare(string name, params long[] dims)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = Float, Shape = shape } } };
    }

    private string Write(string name, GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 13 });
        return Bytes(name, model.ToByteArray());
    }
}
