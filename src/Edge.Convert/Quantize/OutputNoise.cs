using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>
/// What a float32 graph computes for samples, to compare quantized forms of it with. The noise of an output is its squared error in proportion to its signal;
/// the signal is what varies from sample to sample, the squared distance of every element from its mean, because what is the same for all samples (the
/// grid that boxes are laid on, the background of a map of scores) tells nothing. All outputs count alike: the noise of a model is the mean of theirs.
/// </summary>
internal sealed class OutputNoise
{
    /// <summary>Decibels that stand for no noise at all.</summary>
    public const double None = 200;

    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly float[][][] _expected;
    private readonly double[] _signals;

    public OutputNoise(Graph real, IReadOnlyList<Tensor[]> samples)
    {
        _samples = samples;
        _expected = [.. Run(real)];
        _signals = [.. Enumerable.Range(0, real.Outputs.Count).Select(o => Signal([.. _expected.Select(e => e[o])]))];
        Largest = [.. _expected.Select(e => IndexOfMax(e[0]))];
    }

    /// <summary>Index of the largest element of output 0 in float32, for each sample.</summary>
    public IReadOnlyList<int> Largest { get; }

    /// <summary>Signal to noise of <paramref name="quantized"/> in decibels, see above; 200 where there is no noise.</summary>
    public double Snr(Graph quantized) => Measure(quantized).Snr;

    /// <summary>The same, that of each output, and the index of the largest element of output 0 for each sample.</summary>
    public (double Snr, double[] Each, int[] Largest) Measure(Graph quantized)
    {
        var noise = new double[_signals.Length];
        var largest = new int[_samples.Count];
        int sample = 0;
        foreach (float[][] actual in Run(quantized))
        {
            for (int o = 0; o < noise.Length; o++)
            {
                noise[o] += SquaredError(_expected[sample][o], actual[o]);
            }
            largest[sample++] = IndexOfMax(actual[0]);
        }
        double[] shares = [.. noise.Select((n, o) => n / _signals[o])];
        return (Decibels(shares.Average()), [.. shares.Select(Decibels)], largest);
    }

    /// <summary>Mean squared difference of output 0 over all elements that are finite in float32; infinite where one of them is not a number.</summary>
    public double MeanSquaredError(Graph quantized)
    {
        double sum = Run(quantized).Select((actual, sample) => SquaredError(_expected[sample][0], actual[0])).Sum();
        return double.IsNaN(sum) ? double.PositiveInfinity : sum / Math.Max(1, _expected.Sum(e => e[0].Count(float.IsFinite)));
    }

    /// <summary>Mean squared error of output 0 against targets, over all elements: of <paramref name="quantized"/>, or of float32 where that is null. Infinite where an element is not a number.</summary>
    /// <param name="targets">For each sample as many elements as output 0.</param>
    public double MeanSquaredError(Graph? quantized, IReadOnlyList<float[]> targets)
    {
        IEnumerable<float[][]> outputs = quantized is null ? _expected : Run(quantized);
        double sum = outputs.Select((actual, sample) => SquaredError(targets[sample], actual[0])).Sum();
        return double.IsNaN(sum) ? double.PositiveInfinity : sum / Math.Max(1, targets.Sum(t => (long)t.Length));
    }

    private static double Decibels(double noise) => noise <= 1e-20 ? None : -10 * Math.Log10(noise);

    private IEnumerable<float[][]> Run(Graph graph)
    {
        // What is computed does not depend on the number of threads.
        using var session = new InferenceSession(graph, new SessionOptions());
        foreach (Tensor[] sample in _samples)
        {
            yield return [.. session.Run(sample).Select(Values)];
        }
    }

    private static float[] Values(Tensor tensor) => tensor.Type == DataType.F32 ? tensor.ToArray<float>() : [.. tensor.ToDouble().Select(v => (float)v)];

    /// <summary>Squared distances from the means over the samples; from 0 where all samples give the same.</summary>
    private static double Signal(float[][] values)
    {
        (double varying, double all) = (0, 0);
        for (int i = 0; i < values.Min(v => v.Length); i++)
        {
            (double sum, double squares) = (0, 0);
            foreach (float[] sample in values)
            {
                sum += sample[i];
                squares += (double)sample[i] * sample[i];
            }
            if (double.IsFinite(squares))
            {
                varying += Math.Max(0, squares - (sum * sum / values.Length));
                all += squares;
            }
        }
        return Math.Max(varying > 1e-12 * all ? varying : all, 1e-30);
    }

    private static double SquaredError(float[] expected, float[] actual)
    {
        double sum = 0;
        for (int i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            if (float.IsFinite(expected[i]))
            {
                double error = (double)expected[i] - actual[i];
                sum += error * error;
            }
        }
        return sum;
    }

    private static int IndexOfMax(float[] values) => values.Length == 0 ? -1 : Array.IndexOf(values, values.Max());
}
