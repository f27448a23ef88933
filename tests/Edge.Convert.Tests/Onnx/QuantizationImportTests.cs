using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Convert.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Google.Protobuf;
using Type = Edge.Convert.Onnx.Wire.AttributeProto.Types.AttributeType;

namespace Edge.Convert.Tests.Onnx;

public class QuantizationImportTests
{
    private const string Microsoft = "com.microsoft";

    private static readonly Tensor Half = Tensor.FromScalar(0.5f);
    private static readonly Tensor Zero = Tensor.FromScalar((byte)10);

    [Fact]
    public void QuantizesWithoutZeroPointToU8() =>
        Check(Node("QuantizeLinear"), [Tensor.FromVector(-1f, 0.25f, 0.75f, 200f), Half], Tensor.FromVector<byte>(0, 0, 2, 255));

    [Fact]
    public void OutputTypeAloneIsEnough() =>
        Check(Node("QuantizeLinear", ("output_dtype", 5)), [Tensor.FromVector(-1f, 20000f), Half], Tensor.FromVector<short>(-2, short.MaxValue));

    [Fact]
    public void Float16ComesInAndGoesOut()
    {
        Tensor half = Tensor.FromScalar((Half)0.5f);
        Check(Node("QuantizeLinear"), [Tensor.FromVector((Half)1f, (Half)3f), half, Zero], Tensor.FromVector<byte>(12, 16));
        Check(Node("DequantizeLinear"), [Tensor.FromVector<byte>(12, 16), half, Zero], Tensor.FromVector((Half)1f, (Half)3f));
        Check(Node("DequantizeLinear", ("output_dtype", 1)), [Tensor.FromVector<byte>(12, 16), half, Zero], Tensor.FromVector(1f, 3f));
    }

    [Fact]
    public void NegativeAxesCountFromTheEnd() => Check(
        Node("DequantizeLinear", ("axis", -1)),
        [Tensor.From<sbyte>(new Shape(2, 2), [1, 2, 3, 4]), Tensor.FromVector(1f, 10f)],
        Tensor.From(new Shape(2, 2), [1f, 20f, 3f, 40f]));

    [Fact]
    public void ConvolutionPutsIntegersFirst()
    {
        Tensor x = Tensor.From<byte>(new Shape(1, 1, 3), [11, 12, 13]);
        Tensor w = Tensor.From<sbyte>(new Shape(2, 1, 2), [1, 2, 3, -4]);
        Tensor[] inputs =
        [
            x, Half, Zero, w, Tensor.FromVector(1f, 2f), Tensor.FromVector<sbyte>(0, 1), Tensor.FromScalar(0.25f), Tensor.FromScalar((byte)100), Tensor.FromVector(0, 1),
        ];
        // Sums: 5, 8 and 2*1-5*2+1, 2*2-5*3+1; factors 2 and 4.
        Check(Node("QLinearConv"), inputs, Tensor.From<byte>(new Shape(1, 2, 2), [110, 116, 72, 60]));
        Check(Node("ConvInteger"), [x, w, Zero], Tensor.From(new Shape(1, 2, 2), [5, 8, -5, -6]));
    }

    [Fact]
    public void MatrixProductsTakeParametersPerLine()
    {
        Tensor a = Tensor.From<byte>(new Shape(2, 2), [11, 12, 21, 22]);
        Tensor b = Tensor.From<sbyte>(new Shape(2, 2), [1, 2, 3, 4]);
        Tensor rows = Tensor.FromVector<byte>(10, 20);
        Tensor columns = Tensor.FromVector<sbyte>(0, 1);
        Check(Node("MatMulInteger"), [a, b, rows, columns], Tensor.From(new Shape(2, 2), [7, 7, 7, 7]));
        Tensor[] inputs = [a, Tensor.FromVector(1f, 2f), rows, b, Tensor.FromVector(1f, 3f), columns, Half, Tensor.FromScalar((byte)5)];
        Check(Node("QLinearMatMul"), inputs, Tensor.From<byte>(new Shape(2, 2), [19, 47, 33, 89]));
    }

    [Fact]
    public void MicrosoftOperatorsComputeOnRealNumbers()
    {
        Tensor a = Tensor.FromVector<byte>(12, 14);
        Tensor b = Tensor.FromVector<byte>(20, 6);
        Tensor one = Tensor.FromScalar(1f);
        Check(Node("QLinearAdd", Microsoft), [a, Half, Zero, b, one, Zero, Half, Zero], Tensor.FromVector<byte>(32, 6));
        Check(Node("QLinearMul", Microsoft), [a, Half, Zero, b, one, Zero, Half, Zero], Tensor.FromVector<byte>(30, 0));
        Check(Node("QLinearConcat", Microsoft, ("axis", 0)), [one, Zero, a, Half, Zero, b, one, Zero], Tensor.FromVector<byte>(11, 12, 20, 6));
        Tensor plane = Tensor.From<byte>(new Shape(1, 1, 4), [12, 14, 16, 18]);
        Check(Node("QLinearGlobalAveragePool", Microsoft), [plane, one, Zero, Half, Zero], Tensor.From<byte>(new Shape(1, 1, 1), [20]));
        Check(
            Node("QLinearAveragePool", Microsoft, [Ints("kernel_shape", 2), Ints("strides", 2)]),
            [plane, one, Zero, Half, Zero], Tensor.From<byte>(new Shape(1, 1, 2), [16, 24]));
        Check(Node("QLinearSigmoid", Microsoft), [Tensor.FromVector<byte>(10, 255), one, Zero, Half, Zero], Tensor.FromVector<byte>(11, 12));
        Check(Node("QLinearLeakyRelu", Microsoft, [Real("alpha", 0.5f)]), [a, one, Tensor.FromScalar((byte)14), one, Zero], Tensor.FromVector<byte>(9, 10));
    }

    [Fact]
    public void WrongParametersAreRefused()
    {
        Tensor x = Tensor.From(new Shape(2, 3), new float[6]);
        Refused(EdgeError.ShapeMismatch, Node("QuantizeLinear"), x, Tensor.FromVector(1f, 2f));
        Refused(EdgeError.BadAttribute, Node("QuantizeLinear", ("axis", 2)), x, Tensor.FromVector(1f, 2f));
        Refused(EdgeError.ShapeMismatch, Node("QuantizeLinear", ("block_size", 2)), x, Tensor.From(new Shape(2, 3), new float[6]));
        Refused(EdgeError.ShapeMismatch, Node("QuantizeLinear"), x, Tensor.FromVector(1f, 2f, 3f), Tensor.FromVector<byte>(1, 2));
        Refused(EdgeError.TypeMismatch, Node("QuantizeLinear", ("output_dtype", 3)), x, Half, Zero);
        Refused(EdgeError.UnsupportedType, Node("QuantizeLinear", ("output_dtype", 7)), x, Half);
        Refused(EdgeError.TypeMismatch, Node("DequantizeLinear"), Tensor.FromVector<byte>(1), Half, Tensor.FromScalar((sbyte)1));
        Refused(EdgeError.TypeMismatch, Node("MatMulInteger"), x, x);
        Tensor matrix = Tensor.From(new Shape(2, 2), new byte[4]);
        Refused(EdgeError.ShapeMismatch, Node("MatMulInteger"), matrix, matrix, Tensor.FromVector<byte>(1, 2, 3));
        Refused(EdgeError.BadArity, Node("QLinearMatMul"), matrix, Half, Zero, matrix);
        Refused(EdgeError.UnsupportedUse, Node("QLinearConcat", Microsoft, ("axis", 0)), Half, Zero, matrix);
    }

    private static NodeProto Node(string type, params (string Name, long Value)[] attributes) => Node(type, "", attributes);

    private static NodeProto Node(string type, string domain, params (string Name, long Value)[] attributes) =>
        Node(type, domain, [.. attributes.Select(a => new AttributeProto { Name = a.Name, Type = Type.Int, I = a.Value })]);

    private static NodeProto Node(string type, string domain, AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Domain = domain, Name = "n" };
        node.Attribute.AddRange(attributes);
        node.Output.Add("y");
        return node;
    }

    private static AttributeProto Ints(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = Type.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    private static AttributeProto Real(string name, float value) => new() { Name = name, Type = Type.Float, F = value };

    private static void Check(NodeProto node, Tensor[] inputs, Tensor expected)
    {
        Graph graph = Import(node, inputs);
        PassPipeline.Default.Run(graph);
        using var session = new InferenceSession(graph);
        Assert.Null(Edge.Testing.Close.Difference(session.Run([inputs[0]])[0], expected));
    }

    private static void Refused(EdgeError error, NodeProto node, params Tensor[] inputs)
    {
        ConversionException refusal = Assert.Throws<ConversionException>(() => Import(node, inputs));
        Assert.Equal([error], refusal.Problems.Select(p => p.Error));
    }

    /// <summary>A model of one node: input 0 is fed, the others are bound as constants.</summary>
    private static Graph Import(NodeProto node, Tensor[] inputs)
    {
        var graph = new GraphProto { Name = "one" };
        var constants = new Dictionary<string, Tensor>();
        for (int i = 0; i < inputs.Length; i++)
        {
            node.Input.Add($"x{i}");
            graph.Input.Add(Declare($"x{i}", inputs[i]));
            if (i > 0)
            {
                constants.Add($"x{i}", inputs[i]);
            }
        }
        graph.Node.Add(node);
        graph.Output.Add(new ValueInfoProto { Name = "y" });
        var model = new ModelProto { IrVersion = 10, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, model.ToByteArray());
            return OnnxImporter.Import(path, new ImportOptions { Constants = constants }).Graph;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ValueInfoProto Declare(string name, Tensor tensor)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(tensor.Shape.ToArray().Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        int type = tensor.Type switch
        {
            DataType.F32 => 1,
            DataType.U8 => 2,
            DataType.S8 => 3,
            DataType.S32 => 6,
            DataType.F16 => 10,
            _ => throw new ArgumentException($"{tensor.Type} is not used here", nameof(tensor)),
        };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
