using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Commands;
using Edge.Kernels;
using Edge.Kernels.Dispatch;
using Edge.Runtime;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;

namespace Edge.Cli;

/// <summary><c>edge doctor</c>: what this device offers, and whether it computes a model's golden samples right.</summary>
internal sealed class DoctorCommand : Command
{
    private readonly Argument<string?> _model = new("MODEL.edge") { Description = "Also check the golden samples of this model.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Option<string> _precision = CommonOptions.Precision();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<bool> _json = CommonOptions.Json();

    public DoctorCommand()
        : base("doctor", "Shows what this device offers, and checks a model on it.")
    {
        Arguments.Add(_model);
        Options.Add(_backend);
        Options.Add(_precision);
        Options.Add(_threads);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string? path = result.GetValue(_model);
        GoldenJson[]? goldens = path is null ? null : Check(path, result.GetValue(_backend)!, result.GetValue(_threads), result.GetValue(_precision)!);
        DoctorJson report = Describe(path, goldens);
        Console.Out.Write(result.GetValue(_json) ? JsonSerializer.Serialize(report, CliJson.Default.DoctorJson) + "\n" : ToText(report));
        if (goldens is { Length: 0 })
        {
            CommandLineApp.Warn($"{path} carries no golden samples: nothing is checked");
        }
        GoldenJson[] wrong = [.. (goldens ?? []).Where(g => g.Passed == false)];
        foreach (GoldenJson golden in wrong)
        {
            CommandLineApp.Error(new EdgeException(
                EdgeError.GoldenMismatch,
                FormattableString.Invariant($"the golden sample '{golden.Name}' differs by {golden.Error?.ToString("G3") ?? "more than numbers can say"} of the largest output, {golden.Tolerance:G3} is allowed"),
                "do not use this model on this device; try EDGE_CPU=none to find the kernel row at fault",
                path).Message);
        }
        return wrong.Length == 0 ? 0 : CommandLineApp.Failed;
    }

    private static GoldenJson[] Check(string path, string backend, int threads, string precision)
    {
        EdgeModel model = EdgeModel.Open(path);
        using InferenceSession session = CommonOptions.Open(model, path, backend, threads, precision);
        return [.. GoldenCheck.Run(session, model.File.Goldens).Select(o => new GoldenJson(o.Sample.Name, o.Sample.Tolerance, double.IsFinite(o.Error) ? o.Error : null, o.Passed))];
    }

    private static DoctorJson Describe(string? path, GoldenJson[]? goldens) => new(
        typeof(EdgeModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Cpu.Detect().ToString(),
        Cpu.Features.ToString(),
        [.. Knobs.All.Select(k => new KnobJson(k.Name, k.Value, k.Description))],
        [new BackendJson("cpu", null, []), Describe(DeviceApi.OpenCl), Describe(DeviceApi.Vulkan)],
        [.. KernelCatalog.Tables.Select(t => new TableJson(t.Family, [.. t.Rows.Select(ToJson)], [.. t.DeviceRows.Select(r => r.Name)]))],
        path,
        goldens);

    private static BackendJson Describe(DeviceApi api)
    {
        string name = api.ToString().ToLowerInvariant();
        try
        {
            DeviceJson[] devices = [.. DeviceCatalog.List(api).Select(d => new DeviceJson(
                d.Name, d.Driver, d.Kind.ToString().ToLowerInvariant(), d.MemoryBytes, d.MaxBufferBytes, d.MaxGroupSize, d.LocalBytes, d.Units, d.SubgroupSize, d.HasFloat16, d.HasInt8))];
            return new BackendJson(name, devices.Length == 0 ? "installed, but there is no device" : null, devices);
        }
        catch (EdgeException exception)
        {
            return new BackendJson(name, exception.Message, []);
        }
    }

    private static void AddBackends(TextTable facts, BackendJson[] backends)
    {
        foreach (BackendJson backend in backends)
        {
            if (backend.Devices.Length == 0)
            {
                facts.Add($"backend {backend.Name}", backend.Problem ?? "always there");
            }
            foreach (DeviceJson device in backend.Devices)
            {
                facts.Add(
                    $"backend {backend.Name}",
                    $"{device.Name} ({device.Kind}), {device.Driver}; memory {Quantity.Bytes(device.MemoryBytes)}, buffers up to {Quantity.Bytes(device.MaxBufferBytes)}, groups of {device.MaxGroupSize} with {Quantity.Bytes(device.SharedBytes)} shared"
                    + $"{(device.Units > 0 ? $", {device.Units} units" : "")}{(device.SubgroupSize > 0 ? $", subgroups of {device.SubgroupSize}" : "")}{(device.Float16 ? ", float16" : "")}{(device.Int8 ? ", int8" : "")}");
            }
        }
    }

    private static RowJson ToJson(IKernelRow row) => new(row.Name, (row.Requires & ~Cpu.Features) == 0, row.Requires.ToString());

    private static string ToText(DoctorJson report)
    {
        var facts = new TextTable("", "");
        facts.Add("edge", $"{report.Version} on {report.Runtime}, {report.Architecture}");
        facts.Add("system", report.Os);
        facts.Add("memory", Quantity.Bytes(report.MemoryBytes));
        facts.Add("processor", $"{report.Cores} cores: {report.CpuFeatures}{(report.UsedCpuFeatures == report.CpuFeatures ? "" : $"; used: {report.UsedCpuFeatures}")}");
        AddBackends(facts, report.Backends);
        foreach (KnobJson knob in report.Knobs)
        {
            facts.Add(knob.Name, $"'{knob.Value}'  {knob.Description}");
        }
        foreach (GoldenJson golden in report.Goldens ?? [])
        {
            facts.Add("golden sample", $"{golden.Name}: {(golden.Passed == true ? "passed" : "FAILED")}, differs by {golden.Error?.ToString("G3") ?? "infinity"} of the largest output (allowed {golden.Tolerance:G3})");
        }
        var rows = new TextTable("family", "kernel rows, best first; (row) = needs what this processor lacks");
        foreach (TableJson table in report.Tables)
        {
            rows.Add(table.Family, string.Join("  ", table.DeviceRows.Concat(table.Rows.Select(r => r.Available ? r.Name : $"({r.Name})"))));
        }
        return $"{facts}\n{rows}";
    }
}
