using Edge.Convert.Onnx.Wire;
using Edge.Runtime.Diagnostics;
using Google.Protobuf;
using static Edge.Testing.Onnx.OnnxModels;

namespace Edge.Testing.Onnx;

/// <summary>An ONNX file that has to be refused.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Write">Writes it, and what belongs to it, into a folder; returns its path.</param>
/// <param name="Error">The reason to be given.</param>
/// <param name="Words">What the message has to contain: node, value, rule or remedy.</param>
public sealed record MalformedModel(string Name, Func<string, string> Write, EdgeError Error, params string[] Words)
{
    public override string ToString() => Name;
}

/// <summary>Files that are damaged, hostile, or use what Edge does not support. None is larger than a few KB.</summary>
public static class MalformedModels
{
    public static readonly MalformedModel[] All =
    [
        .. Files(),
        .. Tensors(),
        .. ExternalTensors(),
        .. Graphs(),
        .. Inputs(),
        .. Attributes(),
        .. Shapes(),
        .. Bombs(),
        .. Functions(),
        .. Unsupported(),
    ];

    private static MalformedModel[] Files() =>
    [
        new("empty file", f => OnnxModels.Write([], f), EdgeError.OnnxMalformed, "model.onnx", "empty"),
        new("garbage", f => OnnxModels.Write([.. Enumerable.Range(0, 1000).Select(i => (byte)((i * 197) + 93))], f), EdgeError.OnnxMalformed, "model.onnx", "ONNX"),
        new("text", f => OnnxModels.Write("import torch\nmodel = torch.load('a.pt')\n"u8.ToArray(), f), EdgeError.OnnxMalformed, "ONNX"),
        new("zip archive", f => OnnxModels.Write([(byte)'P', (byte)'K', 3, 4, 20, 0, 8, 8, 0, 0, 0, 0, 0, 0], f), EdgeError.OnnxMalformed, "ONNX"),
        new("no graph", f => new ModelProto { IrVersion = 8 }.Write(f), EdgeError.OnnxMalformed, "no graph"),
        new("cut after 10 bytes", f => Cut(f, 10), EdgeError.OnnxMalformed, "complete"),
        new("cut in the middle", f => Cut(f, -60), EdgeError.OnnxMalformed, "complete"),
        new("cut before the last byte", f => Cut(f, -1), EdgeError.OnnxMalformed, "complete"),
        new("cut before the operator set", f => Good().Changed(m => m.OpsetImport.Clear()).Write(f), EdgeError.OnnxVersion, "operator set", "cut off"),
        new("folder instead of a file", f => f, EdgeError.OnnxUnreadable, "cannot be read"),
        new("no such file", f => Path.Combine(f, "none.onnx"), EdgeError.OnnxUnreadable, "none.onnx", "check the path"),
        new("length that claims 2 GB", f => OnnxModels.Write([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A], f), EdgeError.OnnxMalformed, "ONNX"),
        new("messages nested 1000 deep", f => OnnxModels.Write(Nested(1000), f), EdgeError.OnnxMalformed, "ONNX"),
    ];

    private static MalformedModel[] Tensors() =>
    [
        Weight("negative dimension", t => t.Dims[0] = -4, EdgeError.OnnxBadTensor, "initializer 'w'", "-4"),
        Weight("dimension beyond 31 bits", t => t.Dims[0] = 1L << 40, EdgeError.OnnxBadTensor, "1099511627776"),
        Weight("dimensions of 100 GB", t => SetDims(t, 100_000, 250_000), EdgeError.TooLarge, "initializer 'w'", "2 GiB"),
        Weight("dimensions whose product overflows", t => SetDims(t, [.. Enumerable.Repeat((long)int.MaxValue, 8)]), EdgeError.TooLarge, "2 GiB"),
        Weight("rank 100", t => SetDims(t, [.. Enumerable.Repeat(1L, 100)]), EdgeError.TooLarge, "rank 100", "16"),
        Weight("raw data too short", t => t.RawData = ByteString.CopyFrom(new byte[15]), EdgeError.OnnxBadTensor, "15 bytes", "16"),
        Weight("raw data too long", t => t.RawData = ByteString.CopyFrom(new byte[20]), EdgeError.OnnxBadTensor, "20 bytes", "16"),
        Weight("typed data too short", t => Typed(t, 3), EdgeError.OnnxBadTensor, "3 values", "4"),
        Weight("no data", t => t.ClearRawData(), EdgeError.OnnxBadTensor, "0 values", "4"),
        Weight("element type undefined", t => t.DataType = 0, EdgeError.UnsupportedType, "initializer 'w'", "undefined"),
        Weight("element type string", t => t.DataType = 8, EdgeError.UnsupportedType, "string", "export"),
        Weight("element type bfloat16", t => t.DataType = 16, EdgeError.UnsupportedType, "bfloat16"),
        Weight("element type complex64", t => t.DataType = 14, EdgeError.UnsupportedType, "complex64"),
        Weight("element type int4", t => t.DataType = 22, EdgeError.UnsupportedType, "int4"),
        Weight("element type 99", t => t.DataType = 99, EdgeError.UnsupportedType, "number 99"),
        Weight("segments", t => t.Segment = new TensorProto.Types.Segment { Begin = 0, End = 1 }, EdgeError.UnsupportedUse, "segments"),
    ];

    private static MalformedModel[] ExternalTensors() =>
    [
        External("external data in the folder above", EdgeError.OnnxExternalData, ["outside"], ("location", "../w.bin")),
        External("external data above, in disguise", EdgeError.OnnxExternalData, ["outside"], ("location", "a/../../w.bin")),
        External("external data at an absolute path", EdgeError.OnnxExternalData, ["outside", "/etc/passwd"], ("location", "/etc/passwd")),
        External("external data behind a link", EdgeError.OnnxExternalData, ["outside"], ("location", "link.bin")),
        External("external data in a linked folder", EdgeError.OnnxExternalData, ["outside"], ("location", "etc/passwd")),
        External("external data in a loop of links", EdgeError.OnnxExternalData, ["outside"], ("location", "loop.bin")),
        External("external data with a zero in its name", EdgeError.OnnxExternalData, ["outside"], ("location", "a\0b")),
        External("external data missing", EdgeError.OnnxExternalData, ["none.bin", "beside the model"], ("location", "none.bin")),
        External("external data in a missing folder", EdgeError.OnnxExternalData, ["none/w.bin"], ("location", "none/w.bin")),
        External("external data without a location", EdgeError.OnnxExternalData, ["no location"], ("offset", "0")),
        External("external data too short", EdgeError.OnnxExternalData, ["8 bytes", "16"], ("location", "short.bin")),
        External("external data at an offset beyond the end", EdgeError.OnnxExternalData, ["offset 64"], ("location", "short.bin"), ("offset", "64")),
        External("external data at a negative offset", EdgeError.OnnxExternalData, ["offset '-8'"], ("location", "short.bin"), ("offset", "-8")),
        External("external data at an offset that is no number", EdgeError.OnnxExternalData, ["offset '1e3'"], ("location", "short.bin"), ("offset", "1e3")),
        External("external data of the wrong length", EdgeError.OnnxExternalData, ["length 8", "16"], ("location", "short.bin"), ("length", "8")),
    ];

    private static MalformedModel[] Graphs() =>
    [
        new("no outputs", f => Good().Changed(m => m.Graph.Output.Clear()).Write(f), EdgeError.OnnxInvalidGraph, "no outputs"),
        new("output that is never computed", f => Good().Changed(m => m.Graph.Output[0].Name = "z").Write(f), EdgeError.OnnxInvalidGraph, "'z'", "never computed"),
        new("undefined value", f => Model(Node("Relu", ["nowhere"], "y")).Write(f), EdgeError.OnnxInvalidGraph, "Relu 'relu_y'", "'nowhere'", "never defined"),
        new("node that reads itself", f => Model(Node("Add", ["x", "y"], "y")).Write(f), EdgeError.OnnxInvalidGraph, "Add 'add_y'", "cycle"),
        new("cycle of three nodes", f => Model(Node("Relu", ["c"], "a"), Node("Relu", ["a"], "b"), Node("Add", ["x", "b"], "c"), Node("Relu", ["c"], "y")).Write(f), EdgeError.OnnxInvalidGraph, "cycle", "relu_a", "relu_b", "add_c"),
        new("value defined by two nodes", f => Model(Node("Relu", ["x"], "y"), Node("Abs", ["x"], "y")).Write(f), EdgeError.OnnxInvalidGraph, "'y'", "twice"),
        new("node that redefines an input", f => Model(Node("Relu", ["x"], "x"), Node("Relu", ["x"], "y")).Write(f), EdgeError.OnnxInvalidGraph, "'x'", "twice"),
        new("initializer stored twice", f => Good().With(Zeros("w", 4), Zeros("w", 4)).Write(f), EdgeError.OnnxInvalidGraph, "'w'", "twice"),
        new("input declared twice", f => Good().Changed(m => m.Graph.Input.Add(Input("x", F32, 1))).Write(f), EdgeError.OnnxInvalidGraph, "'x'", "twice"),
        new("input missing", f => Model(Node("Add", ["x"], "y")).Write(f), EdgeError.BadArity, "Add 'add_y'"),
        new("optional input where one is required", f => Model(Node("Add", ["x", ""], "y")).Write(f), EdgeError.BadArity, "Add 'add_y'"),
        new("too many outputs", f => Model(Node("Relu", ["x"], "y").Also(n => n.Output.Add("z"))).Write(f), EdgeError.BadArity, "Relu 'relu_y'", "'z'"),
        new("70000 inputs", f => Model(Node("Concat", [.. Enumerable.Repeat("x", 70_000)], "y", Int("axis", 0))).Write(f), EdgeError.TooLarge, "Concat 'concat_y'", "70000"),
    ];

    private static MalformedModel[] Inputs() =>
    [
        new("input of unknown size", f => UnknownInput(f, ["1", "3", "height", "width"]), EdgeError.UnknownInputShape, "input 'x'", "height", "--input-shape x="),
        new("input without a shape", f => Good().Changed(m => m.Graph.Input[0].Type.TensorType.Shape = null).Write(f), EdgeError.UnknownInputShape, "input 'x'", "--input-shape x="),
        new("input with a negative dimension", f => Model([Input("x", F32, 1, -3)], Node("Relu", ["x"], "y")).Write(f), EdgeError.UnknownInputShape, "-3", "--input-shape x="),
        new("input of 100 GB", f => Model([Input("x", F32, 100_000, 250_000)], Node("Relu", ["x"], "y")).Write(f), EdgeError.TooLarge, "input 'x'", "2 GiB"),
        new("input whose size overflows", f => Model([Input("x", F32, [.. Enumerable.Repeat((long)int.MaxValue, 5)])], Node("Relu", ["x"], "y")).Write(f), EdgeError.TooLarge, "input 'x'", "64 bits"),
        new("input of rank 100", f => Model([Input("x", F32, [.. Enumerable.Repeat(1L, 100)])], Node("Relu", ["x"], "y")).Write(f), EdgeError.TooLarge, "rank 100"),
        new("sequence as input", f => Good().Changed(m => m.Graph.Input[0].Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() }).Write(f), EdgeError.UnsupportedType, "input 'x'", "sequences"),
        new("string as input", f => Model([Input("x", 8, 4)], Node("Relu", ["x"], "y")).Write(f), EdgeError.UnsupportedType, "input 'x'", "string"),
        new("input without a type", f => Good().Changed(m => m.Graph.Input[0].Type = null).Write(f), EdgeError.UnsupportedType, "input 'x'"),
    ];

    private static MalformedModel[] Attributes() =>
    [
        new("attribute of the wrong type", f => Model(Node("LeakyRelu", ["x"], "y", Text("alpha", "0.1"))).Write(f), EdgeError.BadAttribute, "LeakyRelu 'leakyrelu_y'", "alpha", "String", "Float"),
        new("attribute missing", f => Model(Node("Concat", ["x", "x"], "y")).Write(f), EdgeError.MissingAttribute, "Concat 'concat_y'", "axis"),
        new("axis out of range", f => Model(Node("Concat", ["x", "x"], "y", Int("axis", 4))).Write(f), EdgeError.BadAttribute, "Concat 'concat_y'", "4"),
        new("permutation of other axes", f => Model(Node("Transpose", ["x"], "y", Ints("perm", 0, 1, 1, 2))).Write(f), EdgeError.BadAttribute, "Transpose 'transpose_y'", "[0,1,1,2]"),
        new("attribute beyond 32 bits", f => Model(Node("Transpose", ["x"], "y", Ints("perm", 0, 1, 2, 1L << 35))).Write(f), EdgeError.BadAttribute, "34359738368"),
        Conv("three pads", EdgeError.BadAttribute, ["Conv 'conv_y'", "pads", "3 values"], Ints("pads", 1, 1, 1)),
        Conv("stride of zero", EdgeError.BadAttribute, ["Conv 'conv_y'", "strides", "[0,1]"], Ints("strides", 0, 1)),
        Conv("negative dilation", EdgeError.BadAttribute, ["Conv 'conv_y'", "dilations", "-1"], Ints("dilations", 1, -1)),
        Conv("group of zero", EdgeError.BadAttribute, ["Conv 'conv_y'", "group", "0"], Int("group", 0)),
        Conv("unknown padding mode", EdgeError.BadAttribute, ["Conv 'conv_y'", "SOMEHOW"], Text("auto_pad", "SOMEHOW")),
        new("constant without a value", f => Model(Node("Constant", [], "c"), Node("Add", ["x", "c"], "y")).Write(f), EdgeError.MissingAttribute, "Constant 'constant_c'", "value"),
        new("constant of 100 GB", f => Model(Node("Constant", [], "c", Tensor("value", new TensorProto { DataType = F32, Dims = { 100_000, 250_000 } })), Node("Add", ["x", "c"], "y")).Write(f), EdgeError.TooLarge, "Constant 'constant_c'", "2 GiB"),
    ];

    private static MalformedModel[] Shapes() =>
    [
        new("convolution kernel larger than its input", f => Model(Node("Conv", ["x", "w"], "y")).With(Zeros("w", 2, 3, 9, 9)).Write(f), EdgeError.ShapeMismatch, "Conv 'conv_y'", "9", "8"),
        new("convolution of other channels", f => Model(Node("Conv", ["x", "w"], "y")).With(Zeros("w", 2, 4, 3, 3)).Write(f), EdgeError.ShapeMismatch, "Conv 'conv_y'", "3", "4"),
        new("product of other sizes", f => Model([Input("x", F32, 2, 3)], Node("MatMul", ["x", "w"], "y")).With(Zeros("w", 4, 5)).Write(f), EdgeError.ShapeMismatch, "MatMul 'matmul_y'", "3", "4"),
        new("gemm of other sizes", f => Model([Input("x", F32, 2, 3)], Node("Gemm", ["x", "w"], "y")).With(Zeros("w", 4, 5)).Write(f), EdgeError.ShapeMismatch, "Gemm 'gemm_y'", "3", "4"),
        new("addends that do not broadcast", f => Model(Node("Add", ["x", "w"], "y")).With(Zeros("w", 5)).Write(f), EdgeError.ShapeMismatch, "Add 'add_y'", "5", "8"),
        new("addends of two types", f => Model(Node("Add", ["x", "w"], "y")).With(Longs("w", 1)).Write(f), EdgeError.TypeMismatch, "Add 'add_y'", "s64", "f32"),
        new("reshape to another count", f => Model(Node("Reshape", ["x", "w"], "y")).With(Longs("w", 7, -1)).Write(f), EdgeError.ShapeMismatch, "Reshape 'reshape_y'", "7"),
        new("convolution of a vector", f => Model([Input("x", F32, 5)], Node("Conv", ["x", "w"], "y")).With(Zeros("w", 2, 3, 3, 3)).Write(f), EdgeError.UnsupportedUse, "Conv 'conv_y'"),
    ];

    private static MalformedModel[] Bombs() =>
    [
        new("constant of a shape of 100 GB", f => Model(Node("ConstantOfShape", ["w"], "c"), Node("Add", ["x", "c"], "y")).With(Longs("w", 100_000, 250_000)).Write(f), EdgeError.TooLarge, "'constantofshape_c'", "2 GiB"),
        new("expansion to 100 GB", f => Model([Input("x", F32, 1)], Node("Expand", ["x", "w"], "y")).With(Longs("w", 100_000, 250_000)).Write(f), EdgeError.TooLarge, "Expand 'expand_y'"),
        new("tiles of 100 GB", f => Model([Input("x", F32, 1, 1)], Node("Tile", ["x", "w"], "y")).With(Longs("w", 100_000, 250_000)).Write(f), EdgeError.TooLarge, "Tile 'tile_y'"),
        new("tiles whose count overflows", f => Model([Input("x", F32, 8, 8)], Node("Tile", ["x", "w"], "y")).With(Longs("w", long.MaxValue, 4)).Write(f), EdgeError.BadAttribute, "Tile 'tile_y'"),
        new("padding of 100 GB", f => Model([Input("x", F32, 1, 1)], Node("Pad", ["x", "w"], "y")).With(Longs("w", 0, 0, 100_000, 250_000)).Write(f), EdgeError.TooLarge, "Pad 'pad_y'"),
        new("resize to 100 GB", f => Model(Node("Resize", ["x", "", "", "w"], "y", Text("mode", "nearest"))).With(Longs("w", 1, 3, 100_000, 100_000)).Write(f), EdgeError.TooLarge, "Resize 'resize_y'"),
        new("convolution with 100 GB of padding", f => Model(Node("Conv", ["x", "w"], "y", Ints("pads", 100_000, 100_000, 100_000, 100_000))).With(Zeros("w", 2, 3, 3, 3)).Write(f), EdgeError.TooLarge, "Conv 'conv_y'"),
        new("doubling 40 times", f => Model([.. Enumerable.Range(0, 40).Select(i => Node("Concat", [i == 0 ? "x" : $"c{i}", i == 0 ? "x" : $"c{i}"], i == 39 ? "y" : $"c{i + 1}", Int("axis", 0)))]).Write(f), EdgeError.TooLarge, "Concat 'concat_c"),
    ];

    private static MalformedModel[] Functions() =>
    [
        Calling("function that calls itself", EdgeError.OnnxInvalidGraph, ["F 'f_y/f_b'", "calls itself: F -> F"], Function("F", Call("F", ["a"], "b"))),
        Calling("functions that call each other", EdgeError.OnnxInvalidGraph, ["calls itself: F -> G -> F"], Function("F", Call("G", ["a"], "b")), Function("G", Call("F", ["a"], "b"))),
        Calling("function defined twice", EdgeError.OnnxInvalidGraph, ["'F'", "twice"], Function("F", Node("Relu", ["a"], "b")), Function("F", Node("Abs", ["a"], "b"))),
        Calling("function with too few inputs", EdgeError.BadArity, ["F 'f_y'", "1 inputs", "has 0"], Function("F", Node("Relu", ["a"], "b")).Also(f => f.Input.Clear())),
        Calling("function with too few outputs", EdgeError.BadArity, ["F 'f_y'", "1 outputs", "has 0"], Function("F", Node("Relu", ["a"], "b")).Also(f => f.Output.Clear())),
        Calling("function that lacks an attribute", EdgeError.MissingAttribute, ["F 'f_y'", "alpha"], Function("F", Node("Relu", ["a"], "b")).Also(f => f.Attribute.Add("alpha"))),
        Calling("function that reads the graph around it", EdgeError.OnnxInvalidGraph, ["Add 'f_y/add_b'", "'f_y/x'", "never defined"], Function("F", Node("Add", ["a", "x"], "b"))),
        Calling("function that redefines its input", EdgeError.OnnxInvalidGraph, ["'x'", "twice"], Function("F", Node("Relu", ["a"], "a"), Node("Abs", ["a"], "b"))),
        Calling("function that does not compute its output", EdgeError.OnnxInvalidGraph, ["'f_y/b'", "never defined"], Function("F", Node("Relu", ["a"], "c"))),
        Calling("function with an unknown operator", EdgeError.UnsupportedOperator, ["Frobnicate 'f_y/frobnicate_b'"], Function("F", Node("Frobnicate", ["a"], "b"))),
        Calling("functions nested 100 deep", EdgeError.TooLarge, ["64", "inline"], [.. Enumerable.Range(0, 100).Select(i => Function(i == 0 ? "F" : $"F{i}", Call($"F{i + 1}", ["a"], "b")))]),
        Calling("functions that double 40 times", EdgeError.TooLarge, ["16777216 bytes", "inline"], [.. Enumerable.Range(0, 40).Select(i => Function(i == 0 ? "F" : $"F{i}", Call($"F{i + 1}", ["a"], "m"), Call($"F{i + 1}", ["m"], "b")))]),
        Calling("functions that stand for 2 million nodes", EdgeError.TooLarge, ["100000 nodes", "inline"], [.. Enumerable.Range(0, 3).Select(i => Function(i == 0 ? "F" : $"F{i}", [.. Enumerable.Repeat(Call($"F{i + 1}", ["a"], "b"), 128)]))]),
        Calling("functions that repeat a tensor of 64 KB", EdgeError.TooLarge, ["16777216 bytes", "inline"], Repeating(2000)),
        new("attribute of a function outside of one", f => Model(Node("LeakyRelu", ["x"], "y", new AttributeProto { Name = "alpha", RefAttrName = "slope" })).Write(f), EdgeError.BadAttribute, "LeakyRelu 'leakyrelu_y'", "'slope'", "outside"),
    ];

    private static FunctionProto[] Repeating(int count)
    {
        NodeProto[] calls = [.. Enumerable.Range(0, count).Select(i => Call("G", [i == 0 ? "a" : $"m{i}"], i == count - 1 ? "b" : $"m{i + 1}"))];
        return [Function("F", calls), Function("G", Node("Constant", [], "c", Tensor("value", Zeros("", 16_384))), Node("Relu", ["a"], "b"))];
    }

    private static MalformedModel Calling(string name, EdgeError error, string[] words, params FunctionProto[] functions) =>
        new(name, f => Model(Call("F", ["x"], "y")).With(functions).Write(f), error, words);

    private static MalformedModel[] Unsupported() =>
    [
        new("unknown operator", f => Model(Node("Frobnicate", ["x"], "y")).Write(f), EdgeError.UnsupportedOperator, "Frobnicate 'frobnicate_y'", "docs/operators.md"),
        new("operator without a name", f => Model(Node("", ["x"], "y")).Write(f), EdgeError.UnsupportedOperator, "'_y'"),
        new("operator of an unknown domain", f => Model(Node("Relu", ["x"], "y").Also(n => n.Domain = "com.example")).Write(f), EdgeError.UnsupportedOperator, "Relu 'relu_y'", "com.example"),
        new("sparse initializer", f => Model(Node("Add", ["x", "w"], "y")).Changed(m => m.Graph.SparseInitializer.Add(new SparseTensorProto { Values = Zeros("w", 4), Dims = { 8 } })).Write(f), EdgeError.UnsupportedUse, "sparse", "dense"),
        new("shape computed from the input", f => Model([Input("x", F32, 4), Input("s", S64, 2)], Node("Reshape", ["x", "s"], "r"), Node("Conv", ["r", "w"], "y")).With(Zeros("w", 2, 3, 3, 3)).Write(f), EdgeError.UnsupportedUse, "Conv 'conv_y'"),
    ];

    private static ModelProto Good() => Model(Node("Relu", ["x"], "y"));

    /// <summary>The first bytes of a good file; a negative count leaves out the last ones.</summary>
    private static string Cut(string folder, int count)
    {
        byte[] bytes = Good().With(Zeros("w", 64)).ToByteArray();
        return OnnxModels.Write(bytes[..(count < 0 ? bytes.Length + count : count)], folder);
    }

    /// <summary>A graph in an attribute of a node of a graph, and so on.</summary>
    private static byte[] Nested(int depth)
    {
        byte[] message = new GraphProto().ToByteArray();
        for (int i = 0; i < depth; i++)
        {
            // Graph.node (1) . attribute (5) . g (6), each longer than the one inside.
            message = Field(1, Field(5, Field(6, message)));
        }
        return Field(7, message);
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }
        return stream.ToArray();
    }

    private static T Also<T>(this T node, Action<T> change)
    {
        change(node);
        return node;
    }

    /// <summary>x + w with a changed w f32[4].</summary>
    private static MalformedModel Weight(string name, Action<TensorProto> change, EdgeError error, params string[] words) => new(
        name,
        folder =>
        {
            TensorProto weight = Zeros("w", 4);
            change(weight);
            return Model([Input("x", F32, 4)], Node("Add", ["x", "w"], "y")).With(weight).Write(folder);
        },
        error,
        words);

    /// <summary>x + w with a w f32[4] that is stored elsewhere. The folder holds links out of it and a file of 8 bytes.</summary>
    private static MalformedModel External(string name, EdgeError error, string[] words, params (string Key, string Value)[] entries) => new(
        name,
        folder =>
        {
            File.CreateSymbolicLink(Path.Combine(folder, "link.bin"), "/etc/passwd");
            File.CreateSymbolicLink(Path.Combine(folder, "etc"), "/etc");
            File.CreateSymbolicLink(Path.Combine(folder, "loop.bin"), "loop.bin");
            File.WriteAllBytes(Path.Combine(folder, "short.bin"), new byte[8]);
            return Model([Input("x", F32, 4)], Node("Add", ["x", "w"], "y")).With(OnnxModels.External(entries)).Write(folder);
        },
        error,
        words);

    /// <summary>A convolution with 2 filters of 3 x 3 and a wrong attribute.</summary>
    private static MalformedModel Conv(string name, EdgeError error, string[] words, AttributeProto attribute) => new(
        name, folder => Model(Node("Conv", ["x", "w"], "y", attribute)).With(Zeros("w", 2, 3, 3, 3)).Write(folder), error, words);

    private static string UnknownInput(string folder, string[] dims) => Good().Changed(m =>
    {
        var shape = m.Graph.Input[0].Type.TensorType.Shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => long.TryParse(d, out long value) ? new TensorShapeProto.Types.Dimension { DimValue = value } : new TensorShapeProto.Types.Dimension { DimParam = d }));
    }).Write(folder);

    private static void SetDims(TensorProto tensor, params long[] dims)
    {
        tensor.Dims.Clear();
        tensor.Dims.Add(dims);
    }

    private static void Typed(TensorProto tensor, int count)
    {
        tensor.ClearRawData();
        tensor.FloatData.Add(Enumerable.Repeat(1f, count));
    }
}
