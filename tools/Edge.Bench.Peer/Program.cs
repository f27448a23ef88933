// edge-bench-peer MODEL.onnx THREADS RUNS: runs a model on ONNX Runtime and prints what edge-bench reads: a line when the first
// result is there, then the milliseconds of each run, then the peak of the memory in use. Nothing else is loaded or parsed.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

if (args is not [string model, string threadsText, string runsText]
    || !int.TryParse(threadsText, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads < 1
    || !int.TryParse(runsText, NumberStyles.None, CultureInfo.InvariantCulture, out int runs) || runs < 1)
{
    Console.Error.WriteLine("usage: edge-bench-peer MODEL.onnx THREADS RUNS");
    return 2;
}
using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
using var session = new InferenceSession(model, options);
string[] names = [.. session.InputNames];
OrtValue[] inputs = [.. names.Select(n => Fill(session.InputMetadata[n]))];
using var runOptions = new RunOptions();
var times = new double[runs];
for (int run = 0; run < runs; run++)
{
    long start = Stopwatch.GetTimestamp();
    using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(runOptions, names, inputs, session.OutputNames);
    times[run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    if (run == 0)
    {
        Console.WriteLine($"{session.OutputNames[0]} {outputs[0].GetTensorDataAsSpan<float>()[0].ToString(CultureInfo.InvariantCulture)}");
    }
}
Console.WriteLine(string.Join(' ', times.Select(t => t.ToString("R", CultureInfo.InvariantCulture))));
Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
return 0;

// Values between -1 and 1; open dimensions are 1.
static OrtValue Fill(NodeMetadata metadata)
{
    long[] shape = [.. metadata.Dimensions.Select(d => (long)Math.Max(1, d))];
    var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
    for (int i = 0; i < values.Length; i++)
    {
        values[i] = ((i * 37 % 101) - 50) / 50f;
    }
    return OrtValue.CreateTensorValueFromMemory(values, shape);
}
