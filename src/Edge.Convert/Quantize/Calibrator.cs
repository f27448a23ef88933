using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>The scheme that calibration chose for some values, and from what.</summary>
/// <param name="Name">Name of the first of the values that share it.</param>
internal sealed record CalibratedValue(string Name, ValueRange Range, ChosenRange Chosen, Scheme Scheme);

/// <summary>
/// Runs the float32 graph on samples and chooses a scheme for every value. Values that the same integers pass through (pooling,
/// reshaping, concatenation) share one.
/// </summary>
internal sealed class Calibrator
{
    /// <summary>
    /// Signal to noise in decibels at which 7 bits are enough for values that are never negative and that a dense convolution reads: 0 to
    /// 127 is the range that AVX2 multiplies fastest. Other readers take 8 bits as fast.
    /// </summary>
    private const double EnoughForSevenBits = 30;

    private readonly Graph _graph;
    private readonly QuantizeOptions _options;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly Dictionary<Value, ValueRange> _ranges = [];
    private readonly Dictionary<Value, (double[] Sums, long Count)> _channels = [];
    private readonly HashSet<ValueRange> _notFinite = [];
    private readonly Dictionary<Node, float[]> _weightScales = [];
    private readonly Dictionary<(ValueRange Range, int Steps), ChosenRange> _chosen = [];

    private Calibrator(Graph graph, QuantizeOptions options, IReadOnlyList<Tensor[]> samples)
    {
        _graph = graph;
        _options = options;
        _samples = samples;
    }

    /// <exception cref="EdgeException">There are no samples, or the graph cannot compute them.</exception>
    public static Calibrator Run(
        Graph graph, QuantizeOptions options, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress)
    {
        if (samples.Count == 0)
        {
            throw new EdgeException(EdgeError.BadInputFile, "there are no samples to calibrate with", "give a folder, or a .npy file whose first axis counts samples");
        }
        var calibrator = new Calibrator(graph, options, samples);
        calibrator.Observe(progress);
        return calibrator;
    }

    private void Observe(IProgress<string>? progress)
    {
        Share();
        using (var observer = new GraphObserver(_graph))
        {
            for (int pass = 0; pass < 2; pass++)
            {
                for (int i = 0; i < _samples.Count; i++)
                {
                    progress?.Report($"calibrating {(pass * _samples.Count) + i + 1} / {2 * _samples.Count}");
                    observer.Run(_graph, _samples[i], pass == 0 ? Widen : Count);
                }
            }
        }
        FindFunctions();
    }

    /// <summary>Values that one function alone reads, straight or behind what moves integers.</summary>
    private void FindFunctions()
    {
        foreach (IGrouping<ValueRange, Value> shared in _ranges.GroupBy(r => r.Value, r => r.Key))
        {
            ValueRange range = shared.Key;
            Node[] readers = [.. shared.SelectMany(v => v.Consumers).Where(c => !c.Outputs.Any(o => _ranges[o] == range))];
            if (readers is [{ Operator: Unary unary }, ..] && readers.All(r => r.Operator == unary) && !shared.Any(_graph.IsOutput) && range.Max > range.Min)
            {
                float[] results = Int8Builder.Evaluate(unary, [.. Enumerable.Range(0, ValueRange.Bins).Select(i => (float)range.Middle(i))]);
                range.Function = results.All(float.IsFinite) ? [.. results.Select(r => (double)r)] : null;
            }
        }
    }

    /// <summary>One range for values that share a scheme.</summary>
    private void Share()
    {
        foreach (Value input in _graph.Inputs)
        {
            _ranges[input] = new ValueRange();
        }
        foreach (Node node in _graph.Nodes)
        {
            bool shares = Moves.AsIntegers(node, 0) is not null && node.Input(0) is { IsConstant: false } && (!Moves.Joins(node) || Moves.LeadsToProduct(node.Outputs[0]));
            foreach (Value output in node.Outputs)
            {
                _ranges[output] = shares ? _ranges[node.Inputs[0]!] : new ValueRange();
            }
            foreach (Value? other in node.Inputs.Skip(1).Where(_ => shares && Moves.Joins(node)))
            {
                ValueRange joined = _ranges[other!];
                foreach (Value value in _ranges.Keys.Where(v => _ranges[v] == joined).ToArray())
                {
                    _ranges[value] = _ranges[node.Outputs[0]];
                }
            }
        }
    }

    private void Widen(Value value, Tensor tensor)
    {
        if (!_ranges[value].Widen(tensor.Span<float>()))
        {
            _notFinite.Add(_ranges[value]);
        }
        SumChannels(value, tensor);
    }

    private void Count(Value value, Tensor tensor)
    {
        // Values that only pass integers on would count twice.
        bool passes = value.Producer is { } producer && Moves.AsIntegers(producer, 0) is not null;
        if (!passes && !_notFinite.Contains(_ranges[value]))
        {
            _ranges[value].Count(tensor.Span<float>());
        }
    }

    private void SumChannels(Value value, Tensor tensor)
    {
        if (tensor.Shape.Rank < 2 || !value.Consumers.Any(c => c.Operator is Conv or Gemm))
        {
            return;
        }
        int channels = tensor.Shape[1];
        long positions = tensor.Shape.CountRange(2, tensor.Shape.Rank);
        (double[] sums, long count) = _channels.GetValueOrDefault(value, (new double[channels], 0));
        ReadOnlySpan<float> values = tensor.Span<float>();
        for (int row = 0; row < tensor.Shape[0] * channels; row++)
        {
            double sum = 0;
            foreach (float v in values.Slice((int)(row * positions), (int)positions))
            {
                sum += v;
            }
            sums[row % channels] += sum;
        }
        _channels[value] = (sums, count + (tensor.Shape[0] * positions));
    }

    /// <summary>A scheme for every value that was observed.</summary>
    /// <param name="sevenBits">Whether values that are never negative and that a dense convolution reads may get 7 bits.</param>
    /// <param name="heads">Nodes that get more than 8 bits as heads.</param>
    public (SchemePlan Plan, IReadOnlyList<CalibratedValue> Values) Choose(bool sevenBits, HeadNodes? heads = null)
    {
        var plan = new SchemePlan { ChosenScales = _weightScales };
        plan.Heads.UnionWith((heads ?? HeadNodes.None).Floats);
        plan.Words.UnionWith((heads ?? HeadNodes.None).Words);
        plan.Words.UnionWith(_options.Words.Contains(QuantizeOptions.All) ? _graph.Nodes.Select(n => n.Name) : _options.Words);
        plan.Keep.UnionWith(_options.Keep.Concat(plan.Heads));
        var chosen = new Dictionary<ValueRange, CalibratedValue>();
        foreach ((Value value, ValueRange range) in _ranges)
        {
            if (value.Info.Type != DataType.F32 || range.Min > range.Max || _notFinite.Contains(range))
            {
                continue;
            }
            if (!chosen.TryGetValue(range, out CalibratedValue? calibrated))
            {
                calibrated = Choose(value, range, sevenBits);
                chosen[range] = calibrated;
            }
            plan.Values[value] = calibrated.Scheme;
            plan.Calibrated[value] = calibrated;
        }
        foreach ((Value value, (double[] sums, long count)) in _channels)
        {
            plan.ChannelMeans[value] = [.. sums.Select(s => s / count)];
        }
        return (plan, [.. chosen.Values]);
    }

    private static bool IsDense(Node node) => node.Operator is Conv conv && (conv.Group == 1 || node.Inputs[1]!.Info.KnownShape[1] > 1);

    private CalibratedValue Choose(Value value, ValueRange range, bool sevenBits)
    {
        if (sevenBits && range.Min >= 0 && _ranges.Any(r => r.Value == range && r.Key.Consumers.Any(IsDense)))
        {
            ChosenRange seven = Estimate(range, 127);
            if (seven.Snr >= EnoughForSevenBits)
            {
                return new CalibratedValue(value.Name, range, seven, new Scheme((float)(seven.High / 127), 0));
            }
        }
        ChosenRange eight = Estimate(range, 255);
        float scale = (float)((eight.High - eight.Low) / 255);
        int zero = (int)Math.Clamp(Math.Round(-128 - (eight.Low / scale)), -128, 127);
        return new CalibratedValue(value.Name, range, eight, new Scheme(scale, zero));
    }

    private ChosenRange Estimate(ValueRange range, int steps)
    {
        if (!_chosen.TryGetValue((range, steps), out ChosenRange chosen))
        {
            chosen = RangeEstimator.Choose(range, _options.Method, steps);
            _chosen[(range, steps)] = chosen;
        }
        return chosen;
    }
}
