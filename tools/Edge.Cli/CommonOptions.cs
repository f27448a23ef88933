using System.CommandLine;
using System.Globalization;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;

namespace Edge.Cli;

/// <summary>Arguments and options that several commands have.</summary>
internal static class CommonOptions
{
    private const int MaxThreads = 1024;

    public static Argument<string> Model() => new("MODEL.edge") { Description = "A model written by edge-convert." };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<string> Backend()
    {
        var option = new Option<string>("--backend") { Description = "Where to compute.", HelpName = "auto|cpu|opencl|vulkan", DefaultValueFactory = _ => "auto" };
        option.AcceptOnlyFromAmong("auto", "cpu", "opencl", "vulkan");
        return option;
    }

    public static Option<string> Precision()
    {
        var option = new Option<string>("--precision") { Description = "How opencl and vulkan keep constant weights; sums are float32 in both.", HelpName = "f32|f16", DefaultValueFactory = _ => "f32" };
        option.AcceptOnlyFromAmong("f32", "f16");
        return option;
    }

    public static Option<int> Threads() =>
        Number("--threads", "Threads that work on one inference; 0 = EDGE_THREADS, else as many as EDGE_POLICY gives.", 0, 0, MaxThreads);

    /// <summary>An integer option with a range.</summary>
    public static Option<int> Number(string name, string description, int defaultValue, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result =>
        {
            // A word that is no integer at all is reported by the parser.
            string? word = result.Tokens.LastOrDefault()?.Value;
            if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && (value < least || value > most))
            {
                result.AddError($"{name} is {value}, expected {least} to {most}");
            }
        });
        return option;
    }

    /// <summary>A session of <paramref name="model"/> for the given options.</summary>
    /// <param name="path">The model's file.</param>
    /// <exception cref="EdgeException">The backend has no device here, the model cannot run here, or the processor is to keep weights in float16.</exception>
    public static InferenceSession Open(EdgeModel model, string path, string backend, int threads, string precision = "f32")
    {
        if (precision == "f16" && backend is not ("opencl" or "vulkan"))
        {
            throw new EdgeException(EdgeError.BadOption, $"--precision is f16 and --backend is {backend}; only devices keep weights in float16", "add --backend opencl or --backend vulkan");
        }
        var options = new SessionOptions { Threads = threads, DeviceWeights = precision == "f16" ? DataType.F16 : DataType.F32 };
        return backend switch
        {
            "cpu" => model.CreateSession(options),
            "opencl" => DeviceSessions.Open(model.Graph, DeviceApi.OpenCl, options),
            "vulkan" => DeviceSessions.Open(model.Graph, DeviceApi.Vulkan, options),
            _ => DeviceSessions.OpenFastest(model, path, options),
        };
    }

    /// <summary>
    /// As <see cref="Open"/>, for results that are used: the golden samples have passed here, now or before. Weights in float16 are other
    /// numbers than those of the golden samples, which are not computed with them.
    /// </summary>
    /// <exception cref="EdgeException">The golden samples fail, too.</exception>
    public static InferenceSession OpenTested(EdgeModel model, string path, string backend, int threads, string precision = "f32")
    {
        InferenceSession session = Open(model, path, backend, threads, precision);
        try
        {
            if (precision == "f32")
            {
                SelfTest.Require(model, session, path);
            }
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The backend that a session came to, as it is reported.</summary>
    public static string BackendOf(InferenceSession session) => session.Device?.Backend ?? "cpu";
}
