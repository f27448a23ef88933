using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

/// <summary>
/// Compares a gradient rule with central differences: the loss is a weighted sum of an operator's outputs, computed by the naive
/// float64 rows; then the same graph in float32 with the best rows is compared with the naive one.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <param name="op">The operator.</param>
    /// <param name="inputs">Shapes of the inputs; null where one is absent.</param>
    /// <param name="differentiated">Indices of the inputs whose gradients are checked; null = all.</param>
    /// <param name="fixedInputs">Constant inputs by index.</param>
    /// <param name="counted">Number of outputs that count for the loss; null = all.</param>
    public static void Run(Operator op, Shape?[] inputs, int[]? differentiated = null, Dictionary<int, Tensor>? fixedInputs = null, int outputs = 1, int? counted = null, double low = -1, double high = 1, int seed = 1)
    {
        differentiated ??= [.. Enumerable.Range(0, inputs.Length).Where(i => inputs[i] is not null && fixedInputs?.ContainsKey(i) != true)];
        double[]?[] values = [.. inputs.Select((shape, i) => shape is { } s && fixedInputs?.ContainsKey(i) != true ? Distinct((int)s.Count, low, high, seed + i) : null)];
        double[][] exact = Gradients(op, inputs, differentiated, fixedInputs, (outputs, counted ?? outputs), values, DataType.F64, KernelQuery.Reference, seed);
        CheckDifferences(op, inputs, differentiated, fixedInputs, (outputs, counted ?? outputs), values, exact, seed);
        double[][] fast = Gradients(op, inputs, differentiated, fixedInputs, (outputs, counted ?? outputs), values, DataType.F32, KernelQuery.Default, seed);
        for (int i = 0; i < exact.Length; i++)
        {
            RequireClose(fast[i], exact[i], 2e-5, $"{op.Kind}: float32 gradient of input {differentiated[i]}");
        }
    }

    private static void CheckDifferences(
        Operator op, Shape?[] inputs, int[] differentiated, Dictionary<int, Tensor>? fixedInputs, (int All, int Counted) outputs, double[]?[] values, double[][] exact, int seed)
    {
        (Graph graph, Value loss, Value?[] arguments) = Build(op, inputs, fixedInputs, outputs, DataType.F64, seed);
        graph.AddOutput(loss);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        double Loss()
        {
            int slot = 0;
            for (int i = 0; i < values.Length; i++)
            {
                if (values[i] is { } input && arguments[i] is not null)
                {
                    session.SetInput<double>(slot++, input);
                }
            }
            session.Execute();
            double[] result = new double[1];
            session.ReadOutput<double>(0, result);
            return result[0];
        }
        for (int d = 0; d < differentiated.Length; d++)
        {
            double[] input = values[differentiated[d]]!;
            var numeric = new double[input.Length];
            for (int i = 0; i < input.Length; i++)
            {
                double saved = input[i];
                input[i] = saved + Step;
                double above = Loss();
                input[i] = saved - Step;
                double below = Loss();
                input[i] = saved;
                numeric[i] = (above - below) / (2 * Step);
            }
            RequireClose(exact[d], numeric, 1e-6, $"{op.Kind}: gradient of input {differentiated[d]}");
        }
    }

    private static double[][] Gradients(
        Operator op, Shape?[] inputs, int[] differentiated, Dictionary<int, Tensor>? fixedInputs, (int All, int Counted) outputs, double[]?[] values, DataType type, KernelQuery query, int seed)
    {
        (Graph graph, Value loss, Value?[] arguments) = Build(op, inputs, fixedInputs, outputs, type, seed);
        foreach (Value gradient in GradientBuilder.AddGradients(graph, loss, [.. differentiated.Select(i => arguments[i]!)]))
        {
            graph.AddOutput(gradient);
        }
        GraphValidator.Validate(graph);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 2, Kernels = query });
        Tensor[] given = [.. values.Select((v, i) => v is null ? null : ToTensor(v, inputs[i]!.Value, type)).OfType<Tensor>()];
        return [.. session.Run(given).Select(t => t.ToDouble())];
    }

    /// <summary>The sum of all outputs times fixed random weights.</summary>
    private static (Graph Graph, Value Loss, Value?[] Arguments) Build(Operator op, Shape?[] inputs, Dictionary<int, Tensor>? fixedInputs, (int All, int Counted) outputs, DataType type, int seed)
    {
        var graph = new Graph("check");
        Value?[] arguments =
        [
            .. inputs.Select((shape, i) => fixedInputs is not null && fixedInputs.TryGetValue(i, out Tensor? tensor) ? graph.AddConstant($"c{i}", Typed(tensor, type))
                : shape is { } s ? graph.AddInput($"x{i}", new TensorInfo(type, s)) : null),
        ];
        Node node = graph.AddNode("op", op, arguments, [.. Enumerable.Range(0, outputs.All).Select(i => $"y{i}")]);
        Value? loss = null;
        for (int i = 0; i < outputs.Counted; i++)
        {
            Shape shape = node.Outputs[i].Info.KnownShape;
            Value weights = graph.AddConstant($"w{i}", ToTensor(Distinct((int)shape.Count, -1, 1, seed + 100 + i), shape, type));
            Value weighted = graph.Add($"weighted{i}", new Binary("Mul"), [node.Outputs[i], weights]);
            Value sum = graph.Add($"sum{i}", new Reduce("Sum") { Axes = [.. Enumerable.Range(0, shape.Rank)], KeepDims = false }, [weighted]);
            loss = loss is null ? sum : graph.Add($"total{i}", new Binary("Add"), [loss, sum]);
        }
        return (graph, loss!, arguments);
    }

    /// <summary>
    /// Evenly spaced values in random order: no two are so near each other, or so near the corner of a function at 0, that a
    /// step crosses it.
    /// </summary>
    private static double[] Distinct(int count, double low, double high, int seed)
    {
        double[] values = [.. Enumerable.Range(0, count).Select(i => low + ((i + 0.29 + (0.11 * (seed % 5))) / count * (high - low)))];
        new Random(seed).Shuffle(values);
        return values;
    }

    private static Tensor Typed(Tensor tensor, DataType type) =>
        tensor.Type is DataType.F32 or DataType.F64 ? ToTensor(tensor.ToDouble(), tensor.Shape, type) : tensor;

    private static Tensor ToTensor(double[] values, Shape shape, DataType type) =>
        type == DataType.F64 ? Tensor.From<double>(shape, values) : Tensor.From<float>(shape, [.. values.Select(v => (float)v)]);

    private static void RequireClose(double[] actual, double[] expected, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = Math.Max(1e-3, expected.Length == 0 ? 0 : expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(actual[i] - expected[i]) <= tolerance * largest, $"{what}[{i}] is {actual[i]:R}, expected {expected[i]:R}");
        }
    }
}
