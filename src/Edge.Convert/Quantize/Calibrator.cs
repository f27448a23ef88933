using System.Collections.Concurrent;
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

    /// <summary>Samples on which magnitudes of channels are observed: equalization needs no more.</summary>
    private const int MagnitudeSamples = 64;

    private readonly Graph _graph;
    private readonly QuantizeOptions _options;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly Dictionary<Value, ValueRange> _ranges = [];
    private readonly Dictionary<Value, ChannelStatistics> _channels = [];
    private readonly ConcurrentDictionary<ValueRange, bool> _notFinite = [];
    private readonly Dictionary<Node, float[]> _weightScales = [];
    private readonly Dictionary<Node, RoundedWeights> _rounded = [];
    private readonly ConcurrentDictionary<(ValueRange Range, int Steps), ChosenRange> _chosen = [];

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

    /// <summary>Largest magnitude of each channel over the first samples, for what convolutions and products read.</summary>
    public IReadOnlyDictionary<Value, double[]> ChannelMagnitudes => _channels.Where(c => c.Value.IsKnown).ToDictionary(c => c.Key, c => c.Value.Largest);

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
                    See(observer.Run(_graph, _samples[i]), pass == 0, i < MagnitudeSamples);
                }
            }
        }
        FindFunctions();
    }

    /// <summary>Ranges at the same time; values that share one after another.</summary>
    private void See(IReadOnlyList<(Value Value, Tensor Tensor)> values, bool widens, bool magnitudes)
    {
        IGrouping<ValueRange, (Value Value, Tensor Tensor)>[] shared = [.. values.GroupBy(v => _ranges[v.Value]).OrderByDescending(g => g.Sum(v => v.Tensor.Count))];
        Parallel.ForEach(Partitioner.Create(shared, EnumerablePartitionerOptions.NoBuffering), group =>
        {
            foreach ((Value value, Tensor tensor) in group)
            {
                if (widens)
                {
                    Widen(value, tensor, magnitudes);
                }
                else
                {
                    Count(value, tensor);
                }
            }
        });
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
        foreach (Value read in _graph.Inputs.Concat(_graph.Nodes.SelectMany(n => n.Outputs)).Where(v => v.Consumers.Any(c => c.Operator is Conv or Gemm)))
        {
            _channels[read] = new ChannelStatistics();
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

    private void Widen(Value value, Tensor tensor, bool magnitudes)
    {
        if (!_ranges[value].Widen(tensor.Span<float>()))
        {
            _notFinite[_ranges[value]] = true;
        }
        if (tensor.Shape.Rank >= 2 && _channels.TryGetValue(value, out ChannelStatistics? channels))
        {
            channels.Add(tensor, magnitudes);
        }
        GC.KeepAlive(tensor);
    }

    private void Count(Value value, Tensor tensor)
    {
        // Values that only pass integers on would count twice.
        bool passes = value.Producer is { } producer && Moves.AsIntegers(producer, 0) is not null;
        if (!passes && !_notFinite.ContainsKey(_ranges[value]))
        {
            _ranges[value].Count(tensor.Span<float>());
        }
    }

    /// <summary>A scheme for every value that was observed.</summary>
    /// <param name="sevenBits">Whether values that are never negative and that a dense convolution reads may get 7 bits.</param>
    /// <param name="heads">Nodes that get more than 8 bits as heads.</param>
    public (SchemePlan Plan, IReadOnlyList<CalibratedValue> Values) Choose(bool sevenBits, HeadNodes? heads = null)
    {
        var plan = new SchemePlan { ChosenScales = _weightScales, Rounded = _rounded };
        plan.Heads.UnionWith((heads ?? HeadNodes.None).Floats);
        plan.Words.UnionWith((heads ?? HeadNodes.None).Words);
        plan.Words.UnionWith(_options.Words.Contains(QuantizeOptions.All) ? _graph.Nodes.Select(n => n.Name) : _options.Words);
        plan.Keep.UnionWith(_options.Keep.Concat(plan.Heads));
        Value[] known = [.. _ranges.Where(r => r.Key.Info.Type == DataType.F32 && r.Value.Min <= r.Value.Max && !_notFinite.ContainsKey(r.Value)).Select(r => r.Key)];
        Value[] firsts = [.. known.DistinctBy(v => _ranges[v])];
        var values = new CalibratedValue[firsts.Length];
        Parallel.For(0, firsts.Length, i => values[i] = Choose(firsts[i], _ranges[firsts[i]], sevenBits));
        var chosen = values.ToDictionary(v => v.Range);
        foreach (Value value in known)
        {
            plan.Calibrated[value] = chosen[_ranges[value]];
            plan.Values[value] = chosen[_ranges[value]].Scheme;
        }
        foreach ((Value value, ChannelStatistics channels) in _channels.Where(c => c.Value.IsKnown))
        {
            plan.ChannelMeans[value] = channels.Means;
        }
        return (plan, values);
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
