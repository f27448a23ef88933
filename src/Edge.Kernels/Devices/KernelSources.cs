using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Kernels.Devices;

/// <summary>Every kernel for devices. A new one is its own <c>.kernel</c> file and one name here.</summary>
public static partial class KernelSources
{
    private static readonly string[] Files =
    [
        "peak", "unary", "binary", "stridedcopy", "fill", "tablecopy", "pool", "reduce", "argreduce", "softmax", "batchnorm", "rownorm", "lrn", "resize",
        "gemm", "gemv", "conv", "conv_finish", "conv_direct", "winograd_in", "winograd_out", "convtranspose",
        "channelmap", "bytecopy", "bytetable", "bytejoin", "bytepool", "quantize", "dequantize", "quantadd", "quanttable", "quantsoftmax", "quantconv", "quantconv_tile",
    ];

    private static readonly ConcurrentDictionary<string, KernelSource> Loaded = new(StringComparer.Ordinal);

    private static readonly Lazy<Dictionary<string, int>> Codes = new(() => CodeLine().Matches(KernelText.Read("formulas"))
        .ToDictionary(m => m.Groups[1].Value, m => int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal));

    /// <summary>Every variant of every kernel.</summary>
    public static IReadOnlyList<KernelSource> All => [.. Files.SelectMany(LoadVariants)];

    /// <summary>A kernel by its name; its text is read at the first use.</summary>
    public static KernelSource Find(string name)
    {
        if (Loaded.TryGetValue(name, out KernelSource? source))
        {
            return source;
        }
        // The longest file name that the name begins with: conv_finish is no variant of conv.
        string file = Files.Where(f => name == f || name.StartsWith(f + "_", StringComparison.Ordinal)).MaxBy(f => f.Length)
            ?? throw new KeyNotFoundException($"there is no device kernel '{name}'");
        foreach (KernelSource variant in LoadVariants(file))
        {
            Loaded.TryAdd(variant.Name, variant);
        }
        return Loaded[name];
    }

    /// <summary>The code of an elementwise function in <c>formulas.kernel</c>; null where devices do not have it.</summary>
    public static int? CodeOf(string function) => Codes.Value.TryGetValue(function, out int code) ? code : null;

    private static IEnumerable<KernelSource> LoadVariants(string file)
    {
        KernelText text = KernelText.Load(file);
        string[][] variants = [.. text.Declared("variant")];
        return variants.Length == 0 ? [new KernelSource(text, [])] : variants.Select(v => new KernelSource(text, v));
    }

    [GeneratedRegex(@"^#define F_(\w+) (\d+)$", RegexOptions.Multiline)]
    private static partial Regex CodeLine();
}
