using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Execution;

/// <summary>
/// Before a model is used on a device for the first time, it computes its golden samples there. That it passed is remembered in the
/// folder of the knob EDGE_CACHE, for this file, this version of Edge, this processor or device and these kernel rows. The knob
/// EDGE_SELFTEST says when: <c>first</c>, <c>always</c> or <c>off</c>.
/// </summary>
public static class SelfTest
{
    private static readonly byte[] Passed = Encoding.ASCII.GetBytes("passed");

    /// <summary>Runs the golden samples of a model, unless they are known to pass.</summary>
    /// <param name="path">The model's file.</param>
    /// <exception cref="EdgeException">The results here are not those that the converter stored.</exception>
    public static void Require(EdgeModel model, InferenceSession session, string path)
    {
        if (Fails(model, session, path, Knobs.SelfTest.Value) is { } wrong)
        {
            throw wrong;
        }
    }

    /// <summary>The failure of the first golden sample that fails; null where all pass, are known to pass, or are not to be run.</summary>
    /// <param name="mode">A value of EDGE_SELFTEST.</param>
    /// <param name="folder">Where it is remembered; null for the knob EDGE_CACHE.</param>
    internal static EdgeException? Fails(EdgeModel model, InferenceSession session, string path, string mode, string? folder = null)
    {
        if (mode is not ("first" or "always" or "off"))
        {
            return new EdgeException(EdgeError.BadOption, $"EDGE_SELFTEST is '{mode}'", "set it to first, always or off");
        }
        if (mode == "off" || model.File.Goldens.Count == 0)
        {
            return null;
        }
        var cache = new DiskCache("self-test", folder);
        string key = KeyOf(session, path);
        if (mode == "first" && cache.Read(key) is not null)
        {
            return null;
        }
        if (GoldenCheck.Run(session, model.File.Goldens).FirstOrDefault(o => !o.Passed) is { } outcome)
        {
            return Failure(outcome, session, path);
        }
        cache.Write(key, Passed);
        return null;
    }

    /// <summary>The error for a golden sample that failed.</summary>
    public static EdgeException Failure(GoldenOutcome outcome, InferenceSession session, string path)
    {
        string error = double.IsFinite(outcome.Error) ? FormattableString.Invariant($"{outcome.Error:G3} of the largest output") : "more than numbers can say";
        return new EdgeException(
            EdgeError.GoldenMismatch,
            FormattableString.Invariant($"the golden sample '{outcome.Sample.Name}' differs by {error} on {PlaceOf(session)}, {outcome.Sample.Tolerance:G3} is allowed: results here are wrong"),
            "do not use this model on this device; try EDGE_CPU=none or --backend cpu to find the kernel row at fault; EDGE_SELFTEST=off runs it all the same",
            path);
    }

    private static string PlaceOf(InferenceSession session) =>
        session.Device is { } device ? $"{device.Name} ({device.Backend}, {device.Driver})" : $"the processor ({Cpu.Features})";

    private static string KeyOf(InferenceSession session, string path)
    {
        string version = typeof(SelfTest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var text = new StringBuilder();
        text.Append($"{Convert.ToHexStringLower(EdgeReader.DigestOf(path))}\n{version}\n{PlaceOf(session)}\n{session.Threads}\n");
        text.AppendJoin('\n', session.Plan.Steps.Select(s => s.RowName));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
