using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>Sums, functions, pooling, and what moves elements.</summary>
internal sealed partial class Int8Builder
{
    /// <summary>Bits behind the point of the numerators of a softmax.</summary>
    private const int SoftmaxBits = 24;

    /// <summary>Largest shift of a sum: zero point and rounding fit beside the products.</summary>
    private const int MostShift = 22;

    private string? TryAdd(Node node)
    {
        if (node.Inputs[0]!.Info.Shape != node.Inputs[1]!.Info.Shape)
        {
            return "its operands have different shapes";
        }
        (Value result, Activation activation) = Absorb(node.Outputs[0]);
        if (SchemeOf(result) is not { } scheme || BytesOf(node.Inputs[0]) is not { } a || BytesOf(node.Inputs[1]) is not { } b)
        {
            return "a range is not known";
        }
        (double ra, double rb) = ((double)a.Scheme.Scale / scheme.Scale, (double)b.Scheme.Scale / scheme.Scale);
        if (SumShift(a.Scheme, b.Scheme, scheme, ra, rb) is not { } shift)
        {
            return "its result has much smaller steps than its operands";
        }
        int ma = (int)Math.Round(ra * (1 << shift));
        int mb = (int)Math.Round(rb * (1 << shift));
        int offset = (scheme.Zero << shift) - (a.Scheme.Zero * ma) - (b.Scheme.Zero * mb) + (shift > 0 ? 1 << (shift - 1) : 0);
        MarkAbsorbed(node, result);
        AddBytes(
            result, node, new QuantAdd { AMultiplier = ma, BMultiplier = mb, Offset = offset, Shift = shift, Result = scheme.Result(activation) }, scheme,
            a.Bytes, b.Bytes);
        return null;
    }

    /// <summary>
    /// The largest shift for which multipliers fit 16 bits; where integers of 16 bits are added, for which multipliers and sum fit 32 bits. Null where there is none.
    /// </summary>
    private static int? SumShift(Scheme a, Scheme b, Scheme y, double ra, double rb)
    {
        bool words = a.IsWords || b.IsWords || y.IsWords;
        double largest = words ? (Reach(a) * ra) + (Reach(b) * rb) + Math.Abs(y.Zero) + 2 : Math.Max(ra, rb);
        double most = words ? int.MaxValue : short.MaxValue;
        int shift = MostShift;
        while (shift > 0 && largest * (1 << shift) > most)
        {
            shift--;
        }
        return largest * (1 << shift) <= most ? shift : null;
    }

    /// <summary>Largest distance of an integer from the zero point, and the zero point's own.</summary>
    private static double Reach(Scheme scheme) => Math.Max(Math.Abs(scheme.Low), scheme.High) + Math.Abs(scheme.Zero);

    /// <summary>A function of two numbers of which one is the same for all.</summary>
    private string? TryScalar(Node node, Binary binary)
    {
        int index = node.Input(0) is { IsConstant: true } ? 1 : 0;
        return node.Input(1 - index)?.Constant is { Count: 1, Type: DataType.F32 } constant && node.Outputs[0].Info.Shape == node.Input(index)?.Info.Shape
            ? TryTable(node, node.Input(index)!, binary, constant, index)
            : "it has no quantized form for these operands";
    }

    /// <summary>A function of one number becomes a table.</summary>
    private string? TryTable(Node node, Value input, Operator op, Tensor? constant = null, int index = 0)
    {
        // A function of float32 values that nothing quantizes otherwise is best left alone.
        if ((_plan.HasIslands ? BytesOf(input) is null : !_bytes.ContainsKey(input)) || node.Outputs[0].Info.Type != DataType.F32)
        {
            return "its input is float32";
        }
        if (SchemeOf(node.Outputs[0]) is not { } scheme)
        {
            return "the range of its result is not known";
        }
        (Value bytes, Scheme from) = _bytes[input];
        if (FunctionTable.Make(from, scheme, points => [.. Evaluate(op, [.. points.Select(p => (float)p)], constant, index)]) is not { } table)
        {
            return "it is too rough to be interpolated between 513 points";
        }
        AddBytes(node.Outputs[0], node, new QuantTable { Result = scheme.Result(Activation.None) }, scheme, bytes, Constant($"{node.Outputs[0].Name} table", table));
        return null;
    }

    /// <summary>What an operator's naive kernel makes of numbers.</summary>
    public static float[] Evaluate(Operator op, float[] points, Tensor? constant = null, int index = 0)
    {
        var graph = new Graph("table");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(points.Length)));
        Value? other = constant is null ? null : graph.AddConstant("c", constant.Reshape(new Shape(1)));
        Value?[] inputs = other is null ? [x] : index == 0 ? [x, other] : [other, x];
        graph.AddOutput(graph.Add("y", op, inputs));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        return session.Run([Tensor.FromVector<float>(points)])[0].ToArray<float>();
    }

    private string? TryGlobalAverage(Node node)
    {
        int[] size = node.Inputs[0]!.Info.Shape is { } shape ? shape.ToArray()[2..] : [];
        int[] ones = [.. size.Select(_ => 1)];
        return size.Length is >= 1 and <= 3 && size.All(s => s > 0)
            ? TryAverage(node, size, ones, new int[2 * size.Length], ones, false, false)
            : "its shape is not known";
    }

    private string? TryAverage(Node node, int[] kernel, int[] strides, int[] pads, int[] dilations, bool ceil, bool countsPads)
    {
        if (SchemeOf(node.Outputs[0]) is not { } scheme || BytesOf(node.Input(0)) is not { } x)
        {
            return "a range is not known";
        }
        AddBytes(
            node.Outputs[0], node,
            new QuantAveragePool
            {
                Kernel = kernel, Strides = strides, Pads = pads, Dilations = dilations, CeilMode = ceil, CountIncludePad = countsPads,
                XZero = x.Scheme.Zero, Ratio = x.Scheme.Scale / scheme.Scale, Result = scheme.Result(Activation.None),
            },
            scheme, x.Bytes);
        return null;
    }

    private string? TrySoftmax(Node node, Softmax softmax)
    {
        if (softmax.Logarithm || node.Input(0) is not { } input || (softmax.Flatten && !IsLast(input.Info.Shape, softmax.Axis)) || !_bytes.TryGetValue(input, out (Value Bytes, Scheme Scheme) x))
        {
            return "it has no quantized form";
        }
        int[] Exponentials(double step) => [.. Enumerable.Range(0, 256).Select(d => (int)Math.Round(Math.Exp(-d * step) * (1 << SoftmaxBits)))];
        int[] table = x.Scheme.IsWords ? [.. Exponentials(256 * (double)x.Scheme.Scale), .. Exponentials(x.Scheme.Scale)] : Exponentials(x.Scheme.Scale);
        Node added = _target.AddNode(
            node.Name, new QuantSoftmax { Axis = softmax.Axis }, [x.Bytes, Constant($"{node.Name} table", Tensor.FromVector<int>(table))], [node.Outputs[0].Name]);
        _floats[node.Outputs[0]] = added.Outputs[0];
        return null;
    }

    /// <summary>Whether nothing but axes of one position follows an axis.</summary>
    private static bool IsLast(Shape? shape, int axis) => shape is { } known && known.CountRange((axis < 0 ? axis + known.Rank : axis) + 1, known.Rank) == 1;

    private string? TryMove(Node node)
    {
        if (node.Input(0) is not { Info.Type: DataType.F32 } || Moves.AsIntegers(node, 0) is null)
        {
            return "it has no quantized form";
        }
        if (Moves.Joins(node))
        {
            return TryJoin(node);
        }
        if (IsIsland(node) || BytesOf(node.Input(0)) is not { } x)
        {
            return "its input is float32";
        }
        Value?[] inputs = [x.Bytes, .. node.Inputs.Skip(1).Select(v => v is null ? null : FloatOf(v))];
        Node added = _target.AddNode(node.Name, Moves.AsIntegers(node, x.Scheme.Zero)!, inputs, [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < added.Outputs.Count; i++)
        {
            _bytes[node.Outputs[i]] = (added.Outputs[i], x.Scheme);
            Rescale(node, node.Outputs[i]);
        }
        return null;
    }

    private string? TryJoin(Node node)
    {
        if (!_plan.Saturates && !Moves.LeadsToProduct(node.Outputs[0]))
        {
            return "no convolution or product reads it, and its parts keep their own scales";
        }
        if (SchemeOf(node.Outputs[0]) is not { } scheme || node.Inputs.Any(v => !_bytes.ContainsKey(v!)))
        {
            return "an input is float32";
        }
        var inputs = new Value?[node.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = In(node.Inputs[i]!, scheme, $"{node.Name} input {i}");
        }
        AddBytes(node.Outputs[0], node, node.Operator, scheme, inputs);
        return null;
    }

    /// <summary>A value that has passed integers on gets the scheme that the plan has for it.</summary>
    private void Rescale(Node node, Value value)
    {
        if (SchemeOf(value) is { } wanted && wanted != _bytes[value].Scheme)
        {
            _bytes[value] = (In(value, wanted, $"{node.Name} rescaled"), wanted);
        }
    }

    /// <summary>The integers of a value in another scheme: themselves, or by a table.</summary>
    private Value In(Value value, Scheme scheme, string name)
    {
        (Value bytes, Scheme from) = _bytes[value];
        if (from == scheme)
        {
            return bytes;
        }
        Tensor table = FunctionTable.Make(from, scheme, points => points)!;
        return _target.Add(name, new QuantTable { Result = scheme.Result(Activation.None) }, [bytes, Constant($"{name} table", table)]);
    }
}
