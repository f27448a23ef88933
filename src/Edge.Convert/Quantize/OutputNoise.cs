using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>What a float32 graph computes for samples, to compare quantized forms of it with.</summary>
internal sealed class OutputNoise(Graph real, IReadOnlyList<Tensor[]> samples)
{
    /// <summary>Output 0 for each sample.</summary>
    public double[][] Expected { get; } = Outputs(real, samples);

    /// <summary>Output 0 of another graph for each of the samples.</summary>
    public double[][] Outputs(Graph graph) => Outputs(graph, samples);

    /// <summary>Signal to noise of output 0 of <paramref name="quantized"/> in decibels; 200 where there is none.</summary>
    public double Snr(Graph quantized) => Snr(Outputs(quantized));

    /// <summary>The same of outputs for the first samples.</summary>
    public double Snr(double[][] actual)
    {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            signal += Expected[i].Sum(v => v * v);
            noise += Expected[i].Zip(actual[i], (a, b) => (a - b) * (a - b)).Sum();
        }
        return noise == 0 ? 200 : 10 * Math.Log10(Math.Max(signal, 1e-30) / noise);
    }

    public static double[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return [.. samples.Select(s => session.Run(s)[0].ToDouble())];
    }
}
