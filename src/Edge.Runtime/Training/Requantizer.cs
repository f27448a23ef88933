using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// Writes the trained float32 end of a model in 8-bit integers again, by the rules of docs/quantization.md: ranges are what samples show,
/// weights get the scale of least squared error per output channel.
/// </summary>
internal sealed class Requantizer
{
    /// <summary>Samples that ranges are observed on.</summary>
    private const int MostSamples = 128;

    /// <summary>Bits behind the point of the numerators of a softmax.</summary>
    private const int SoftmaxBits = 24;

    /// <summary>Largest bias: sums of products have room beside it.</summary>
    private const double MostBias = 1 << 29;

    private readonly Graph _source;
    private readonly QuantizedTail _tail;
    private readonly Graph _target;
    private readonly Dictionary<Value, Value> _reals = [];
    private readonly Dictionary<Value, (Value Bytes, float Scale, int Zero)> _bytes = [];
    private readonly Dictionary<string, (float Low, float High)> _ranges;
    private string? _problem;

    private Requantizer(Graph source, QuantizedTail tail, Dictionary<string, (float Low, float High)> ranges)
    {
        _source = source;
        _tail = tail;
        _target = new Graph(source.Name);
        _ranges = ranges;
    }

    /// <summary>The model in integers.</summary>
    /// <param name="tuned">What <paramref name="tail"/> made of the model, with other weights.</param>
    /// <param name="samples">Inputs of the model.</param>
    /// <returns>The graph, or why there is none.</returns>
    public static (Graph? Graph, string? Problem) Run(Graph tuned, QuantizedTail tail, ISampleSet samples, TrainerOptions options)
    {
        var requantizer = new Requantizer(tuned, tail, Observe(tuned, tail, samples, options));
        Graph result = requantizer.Build();
        return requantizer._problem is { } problem ? (null, problem) : (GraphCopy.Extract(result, result.Outputs), null);
    }

    private static Dictionary<string, (float Low, float High)> Observe(Graph tuned, QuantizedTail tail, ISampleSet samples, TrainerOptions options)
    {
        Value[] observed = [.. tuned.Nodes.Where(n => tail.Forms.ContainsKey(n.Name)).Select(n => n.Outputs[0])];
        var ranges = observed.ToDictionary(v => v.Producer!.Name, _ => (Low: 0f, High: 0f), StringComparer.Ordinal);
        using var session = new InferenceSession(GraphCopy.Extract(tuned, observed), new SessionOptions { Threads = options.Threads, Kernels = options.Kernels });
        int batch = tuned.Inputs[0].Info.KnownShape[0];
        var block = new float[samples.SampleFloats * batch];
        float[][] values = [.. observed.Select(v => new float[v.Info.KnownShape.Count])];
        for (int at = 0; at < Math.Min(samples.Count, MostSamples); at += batch)
        {
            for (int i = 0; i < batch; i++)
            {
                samples.Read(Math.Min(at + i, samples.Count - 1), block.AsSpan(i * samples.SampleFloats, samples.SampleFloats));
            }
            session.SetInput<float>(0, block);
            session.Execute();
            for (int v = 0; v < observed.Length; v++)
            {
                session.ReadOutput<float>(v, values[v]);
                (float low, float high) = ranges[observed[v].Producer!.Name];
                ranges[observed[v].Producer!.Name] = (Math.Min(low, values[v].Min()), Math.Max(high, values[v].Max()));
            }
        }
        return ranges;
    }

    private Graph Build()
    {
        foreach (Value input in _source.Inputs)
        {
            _reals[input] = _target.AddInput(input.Name, input.Info);
        }
        foreach (Node node in _source.Nodes)
        {
            if (!TryQuantize(node))
            {
                Keep(node);
            }
        }
        foreach (Value output in _source.Outputs)
        {
            Value value = RealOf(output);
            value.Name = output.Name;
            _target.AddOutput(value);
        }
        return _target;
    }

    private bool TryQuantize(Node node)
    {
        if (_tail.Forms.TryGetValue(node.Name, out QuantResult? form) && _bytes.TryGetValue(node.Inputs[0]!, out (Value Bytes, float Scale, int Zero) x))
        {
            AddProduct(node, form, x);
            return true;
        }
        if (node.Inputs.Count == 0 || node.Inputs[0] is not { } input || !_bytes.TryGetValue(input, out x))
        {
            return false;
        }
        switch (node.Operator)
        {
            case Identity:
                _bytes[node.Outputs[0]] = x;
                return true;
            case Reshape or Flatten or Squeeze or Unsqueeze or Transpose or MaxPool when node.Outputs.Count == 1:
                Value?[] inputs = [x.Bytes, .. node.Inputs.Skip(1).Select(v => v is null ? null : RealOf(v))];
                _bytes[node.Outputs[0]] = (_target.AddNode(node.Name, node.Operator, inputs, [node.Outputs[0].Name]).Outputs[0], x.Scale, x.Zero);
                return true;
            case Softmax softmax when _tail.Softmaxes.Contains(node.Name):
                int[] table = [.. Enumerable.Range(0, 256).Select(d => (int)Math.Round(Math.Exp(-d * (double)x.Scale) * (1 << SoftmaxBits)))];
                Value?[] operands = [x.Bytes, _target.AddConstant($"{node.Name} table", Tensor.FromVector<int>(table))];
                _reals[node.Outputs[0]] = _target.AddNode(node.Name, new QuantSoftmax { Axis = softmax.Axis }, operands, [node.Outputs[0].Name]).Outputs[0];
                return true;
            default:
                return false;
        }
    }

    private void Keep(Node node)
    {
        Node added = _target.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(v => v is null ? null : RealOf(v))], [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < added.Outputs.Count; i++)
        {
            _reals[node.Outputs[i]] = added.Outputs[i];
        }
        // Integers that the end reads as float32.
        if (node.Operator is DequantizeLinear && node.Inputs[0] is { IsConstant: false, Info: { Type: DataType.S8, Quant: { Scales: [var scale], ZeroPoints: [var zero] } } })
        {
            _bytes[node.Outputs[0]] = (RealOf(node.Inputs[0]!), scale, zero);
        }
    }

    private void AddProduct(Node node, QuantResult form, (Value Bytes, float Scale, int Zero) x)
    {
        QuantResult result = ResultOf(form, _ranges[node.Name]);
        Tensor weights = node.Inputs[1]!.Constant!;
        float[] source = weights.ToArray<float>();
        float[] biases = node.Input(2)?.Constant?.ToArray<float>() ?? new float[weights.Shape[0]];
        int channels = weights.Shape[0];
        int row = source.Length / Math.Max(1, channels);
        var integers = new sbyte[source.Length];
        var bias = new int[channels];
        var multipliers = new int[channels];
        for (int m = 0; m < channels; m++)
        {
            ReadOnlySpan<float> channel = source.AsSpan(m * row, row);
            float scale = WeightQuantizer.ChooseScale(channel);
            scale = (float)Math.Max(scale == 0 ? result.Scale / x.Scale / 256 : scale, Math.Abs(biases[m]) / (x.Scale * MostBias));
            double factor = (double)x.Scale * scale / result.Scale;
            _problem ??= factor > 1 ? $"'{node.Name}', channel {m}: a step of its sums is {factor:G3} steps of its result" : null;
            for (int i = 0; i < row; i++)
            {
                integers[(m * row) + i] = WeightQuantizer.Quantize(channel[i], scale);
            }
            bias[m] = (int)Math.Round(biases[m] / ((double)x.Scale * scale), MidpointRounding.ToEven);
            multipliers[m] = Rescaling.Multiplier(Math.Min(1, factor));
        }
        Value?[] inputs =
        [
            x.Bytes, _target.AddConstant(node.Inputs[1]!.Name, Tensor.From<sbyte>(weights.Shape, integers)), _target.AddConstant($"{node.Name} b", Tensor.FromVector<int>(bias)),
            _target.AddConstant($"{node.Name} m", Tensor.FromVector<int>(multipliers)),
        ];
        Node added = _target.AddNode(node.Name, OperatorOf(node.Operator, x.Zero, result), inputs, [node.Outputs[0].Name]);
        _bytes[node.Outputs[0]] = (added.Outputs[0], result.Scale, result.Zero);
    }

    private static QuantConv OperatorOf(Operator op, int xZero, QuantResult result) => op is Conv conv
        ? new QuantConv { Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group, XZero = xZero, Result = result }
        : new QuantConv { Strides = [], Pads = [], Dilations = [], XZero = xZero, Result = result };

    /// <summary>The range of the old result's form: from 0 up where it had been so, else what was seen.</summary>
    private static QuantResult ResultOf(QuantResult form, (float Low, float High) range)
    {
        const float Least = 1e-6f;
        if (form.Low == form.Zero)
        {
            int steps = sbyte.MaxValue - form.Zero;
            return new QuantResult(Math.Max(range.High, Least) / steps, form.Zero, form.Zero);
        }
        float scale = Math.Max(range.High - range.Low, Least) / 255;
        int zero = (int)Math.Clamp(Math.Round(sbyte.MinValue - (range.Low / scale)), sbyte.MinValue, sbyte.MaxValue);
        return new QuantResult(scale, zero);
    }

    private Value RealOf(Value value)
    {
        if (_reals.TryGetValue(value, out Value? real))
        {
            return real;
        }
        if (value.Constant is { } constant)
        {
            return _reals[value] = _target.AddConstant(value.Name, constant);
        }
        (Value bytes, float scale, int zero) = _bytes[value];
        return _reals[value] = _target.Add(
            $"{value.Name} float32", new DequantizeLinear(), [bytes, _target.AddConstant($"{value.Name} scale", Tensor.FromScalar(scale)), _target.AddConstant($"{value.Name} zero", Tensor.FromScalar((sbyte)zero))]);
    }
}
