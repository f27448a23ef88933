using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Streaming;

namespace Edge.Cli;

/// <summary>A model on windows of made-up signal, by hops and as whole windows, in turns.</summary>
internal static class StreamBench
{
    private const int WarmUp = 10;

    /// <exception cref="EdgeException">The model cannot run by hops.</exception>
    public static StreamBenchJson Measure(EdgeModel model, int hop, int threads, int runs)
    {
        var options = new SessionOptions { Threads = threads };
        using var step = new IncrementalSession(model.Graph, hop, options);
        using InferenceSession whole = model.CreateSession(options);
        int channels = (int)(whole.Inputs[0].Info.KnownShape.Count / step.Window);
        int length = step.Window + ((WarmUp + runs) * hop);
        float[] signal = RandomInputs.Create(new TensorInfo(DataType.F32, new Shape(channels, length)), 1).ToArray<float>();
        float[] Cut(int start, int count) => [.. Enumerable.Range(0, channels).SelectMany(c => signal[((c * length) + start)..((c * length) + start + count)])];
        var expected = new float[whole.Outputs[0].Info.KnownShape.Count];
        var actual = new float[expected.Length];
        var hopTimes = new double[runs];
        var windowTimes = new double[runs];
        double difference = 0;
        step.Run(Cut(0, step.Window));
        for (int i = -WarmUp; i < runs; i++)
        {
            int start = (i + WarmUp + 1) * hop;
            float[] samples = Cut(start + step.Window - hop, hop);
            float[] window = Cut(start, step.Window);
            long time = Stopwatch.GetTimestamp();
            step.Run(samples);
            step.ReadOutput(0, actual);
            double hopMs = Stopwatch.GetElapsedTime(time).TotalMilliseconds;
            time = Stopwatch.GetTimestamp();
            whole.SetInput<float>(0, window);
            whole.Execute();
            whole.ReadOutput<float>(0, expected);
            if (i >= 0)
            {
                (hopTimes[i], windowTimes[i]) = (hopMs, Stopwatch.GetElapsedTime(time).TotalMilliseconds);
            }
            difference = Math.Max(difference, GoldenCheck.RelativeError(Tensor.FromVector(actual), Tensor.FromVector(expected)));
        }
        Array.Sort(hopTimes);
        Array.Sort(windowTimes);
        (long windowWork, long hopWork) = step.MultiplyAdds;
        return new StreamBenchJson(hop, hopTimes[runs / 2], windowTimes[runs / 2], windowTimes[runs / 2] / hopTimes[runs / 2], hopWork, windowWork, step.Bytes.Arena + step.Bytes.Kept, whole.Plan.ArenaBytes, difference);
    }
}
