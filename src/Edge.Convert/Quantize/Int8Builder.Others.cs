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
        if (!_plan.Values.TryGetValue(result, out Scheme? scheme) || BytesOf(node.Inputs[0]) is not { } a || BytesOf(node.Inputs[1]) is not { } b)
        {
            return "a range is not known";
        }
        (double ra, double rb) = ((double)a.Scheme.Scale / scheme.Scale, (double)b.Scheme.Scale / scheme.Scale);
        int shift = MostShift;
        while (shift > 0 && Math.Max(ra, rb) * (1 << shift) > short.MaxValue)
        {
            shift--;
        }
        if (Math.Max(ra, rb) * (1 << shift) > short.MaxValue)
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
        if (!_bytes.ContainsKey(input) || node.Outputs[0].Info.Type != DataType.F32)
        {
            return "its input is float32";
        }
        if (!_plan.Values.TryGetValue(node.Outputs[0], out Scheme? scheme))
        {
            return "the range of its result is not known";
        }
        (Value bytes, Scheme from) = _bytes[input];
        float[] points = [.. Enumerable.Range(-128, 256).Select(q => (float)from.Real(q))];
        float[] results = Evaluate(op, points, constant, index);
        AddTable(node.Outputs[0], node, bytes, scheme, results);
        return null;
    }

    private void AddTable(Value value, Node node, Value bytes, Scheme scheme, float[] results)
    {
        sbyte[] table = [.. results.Select(r => (sbyte)scheme.Quantize(float.IsNaN(r) ? 0 : r))];
        AddBytes(value, node, new QuantTable { Result = new QuantResult(scheme.Scale, scheme.Zero) }, scheme, bytes, Constant($"{value.Name} table", Tensor.FromVector<sbyte>(table)));
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
        if (!_plan.Values.TryGetValue(node.Outputs[0], out Scheme? scheme) || BytesOf(node.Input(0)) is not { } x)
        {
            return "a range is not known";
        }
        AddBytes(
            node.Outputs[0], node,
            new QuantAveragePool
            {
                Kernel = kernel, Strides = strides, Pads = pads, Dilations = dilations, CeilMode = ceil, CountIncludePad = countsPads,
                XZero = x.Scheme.Zero, Ratio = x.Scheme.Scale / scheme.Scale, Result = new QuantResult(scheme.Scale, scheme.Zero),
            },
            scheme, x.Bytes);
        return null;
    }

    private string? TrySoftmax(Node node, Softmax softmax)
    {
        if (softmax.Logarithm || softmax.Flatten || node.Input(0) is not { } input || !_bytes.TryGetValue(input, out (Value Bytes, Scheme Scheme) x))
        {
            return "it has no quantized form";
        }
        int[] table = [.. Enumerable.Range(0, 256).Select(d => (int)Math.Round(Math.Exp(-d * (double)x.Scheme.Scale) * (1 << SoftmaxBits)))];
        Node added = _target.AddNode(
            node.Name, new QuantSoftmax { Axis = softmax.Axis }, [x.Bytes, Constant($"{node.Name} table", Tensor.FromVector<int>(table))], [node.Outputs[0].Name]);
        _floats[node.Outputs[0]] = added.Outputs[0];
        return null;
    }

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

    /// <summary>Elements that are float32 on both sides need not become integers in between.</summary>
    private bool IsIsland(Node node) => !node.Inputs.Any(v => v is not null && _bytes.ContainsKey(v)) && !node.Outputs.Any(LeadsToProduct);

    private bool LeadsToProduct(Value value) =>
        value.Consumers.Any(c => !StaysReal(c) && (c.Operator is Conv or Gemm || (Moves.AsIntegers(c, 0) is not null && c.Outputs.Any(LeadsToProduct))));

    /// <summary>The plan leaves the node in float32.</summary>
    private bool StaysReal(Node node) => _plan.Keep.Contains(node.Name);

    private string? TryJoin(Node node)
    {
        if (!_plan.Saturates && !Moves.LeadsToProduct(node.Outputs[0]))
        {
            return "no convolution or product reads it, and its parts keep their own scales";
        }
        if (!_plan.Values.TryGetValue(node.Outputs[0], out Scheme? scheme) || node.Inputs.Any(v => !_bytes.ContainsKey(v!)))
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
        if (_plan.Values.TryGetValue(value, out Scheme? wanted) && wanted != _bytes[value].Scheme)
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
        sbyte[] table = [.. Enumerable.Range(-128, 256).Select(q => (sbyte)scheme.Quantize(from.Real(q)))];
        return _target.Add(name, new QuantTable { Result = new QuantResult(scheme.Scale, scheme.Zero) }, [bytes, Constant($"{name} table", Tensor.FromVector<sbyte>(table))]);
    }
}
