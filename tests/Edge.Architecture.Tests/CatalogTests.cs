using System.Reflection;
using System.Text.RegularExpressions;
using Edge.Kernels;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Architecture.Tests;

/// <summary>The catalogues are written by hand (no reflection in the product): these tests find what is missing from them.</summary>
public class CatalogTests
{
    /// <summary>What each instruction-set word of a row name promises to require, at least.</summary>
    private static readonly Dictionary<string, CpuFeatures> Isas = new(StringComparer.Ordinal)
    {
        ["ref"] = CpuFeatures.None,
        ["scalar"] = CpuFeatures.None,
        ["v128"] = CpuFeatures.Simd128,
        ["avx2"] = CpuFeatures.Avx2,
        ["avx512"] = CpuFeatures.Avx512,
        ["vnni"] = CpuFeatures.AvxVnni,
        ["avx512vnni"] = CpuFeatures.Avx512Vnni,
        ["neon"] = CpuFeatures.Neon,
        ["neondot"] = CpuFeatures.NeonDot,
    };

    /// <summary>Words for rows that are not written for one element type.</summary>
    private static readonly string[] WideTypes = ["any", "bytes", "float", "int", "unsigned", "number"];

    private static IEnumerable<(string Family, IKernelRow Row)> Rows => KernelCatalog.Tables.SelectMany(t => t.Rows.Select(r => (t.Family, r)));

    [Fact]
    public void EveryOperatorIsInTheCatalogue()
    {
        // An entry belongs to the operator whose file holds its reading function.
        HashSet<Type> listed = [.. OperatorCatalog.All.Select(e => Outermost(e.Read.Method.DeclaringType!))];
        IEnumerable<string> missing = typeof(Operator).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(Operator)) && !t.IsSubclassOf(typeof(PlanOperator)) && !t.IsAbstract && !listed.Contains(t))
            .Select(t => $"{t.FullName} has no entry in OperatorCatalog that it reads");
        Require(missing);
    }

    [Fact]
    public void ConstantKindsAreInTheCatalogue()
    {
        IEnumerable<string> missing = typeof(Operator).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(Operator)) && !t.IsAbstract)
            .Select(t => (string?)t.GetField("Name", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue())
            .OfType<string>()
            .Where(kind => OperatorCatalog.Find(kind) is null);
        Require(missing);
    }

    [Fact]
    public void OperatorsAreSealed() =>
        Require(typeof(Operator).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operator)) && t is { IsAbstract: false, IsSealed: false }).Select(t => $"{t.FullName} is not sealed"));

    [Fact]
    public void EveryKernelTableIsInTheCatalogue()
    {
        var listed = KernelCatalog.Tables.ToHashSet();
        IEnumerable<string> missing = typeof(KernelCatalog).Assembly.GetTypes()
            .Where(t => !t.IsGenericTypeDefinition && t != typeof(KernelCatalog))
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(f => typeof(IKernelTable).IsAssignableFrom(f.FieldType))
            .Where(f => !listed.Contains((IKernelTable)f.GetValue(null)!))
            .Select(f => $"{f.DeclaringType!.FullName}.{f.Name} is not in KernelCatalog");
        Require(missing);
    }

    [Fact]
    public void EveryTableEndsInAReference() =>
        Require(KernelCatalog.Tables.Where(t => t.Rows.Count == 0 || !t.Rows[^1].IsReference()).Select(t => $"{t.Family}: the last row is no reference"));

    [Fact]
    public void ReferencesNeedNoFeatures() =>
        Require(Rows.Where(r => r.Row.IsReference() && r.Row.Requires != CpuFeatures.None).Select(r => $"{r.Row.Name} requires {r.Row.Requires}"));

    [Fact]
    public void RowNamesAreUnique() =>
        Require(Rows.GroupBy(r => r.Row.Name).Where(g => g.Count() > 1).Select(g => $"{g.Count()} rows are named {g.Key}"));

    [Fact]
    public void FamilyNamesAreUnique() =>
        Require(KernelCatalog.Tables.GroupBy(t => t.Family).Where(g => g.Count() > 1).Select(g => $"{g.Count()} tables are named {g.Key}"));

    [Fact]
    public void RowNamesSayWhatTheyAre() => Require(Rows.Select(r => Misnamed(r.Family, r.Row)).OfType<string>());

    [Fact]
    public void DeviceRowsSayWhatTheyAre() => Require(KernelCatalog.Tables.SelectMany(t => t.DeviceRows.Select(r => (t.Family, r.Name)))
        .Where(r => !Regex.IsMatch(r.Name, $"^{r.Family}_(f32|f16|x32|s8|s16|x8|x16|int)_device(_\\w+)?$"))
        .Select(r => $"{r.Name} is not FAMILY_TYPE_device_VARIANT of {r.Family}"));

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string? Misnamed(string family, IKernelRow row)
    {
        if (!row.Name.StartsWith(family + "_", StringComparison.Ordinal))
        {
            return $"{row.Name} does not begin with its family '{family}_'";
        }
        string[] words = row.Name[(family.Length + 1)..].Split('_');
        if (!IsType(words[0]))
        {
            return $"{row.Name}: '{words[0]}' is no element type";
        }
        if (words.Skip(1).FirstOrDefault(Isas.ContainsKey) is not { } isa)
        {
            return $"{row.Name} names no instruction set";
        }
        CpuFeatures promised = Isas[isa];
        return (row.Requires & promised) != promised ? $"{row.Name} requires {row.Requires}, its name says {promised}"
            : promised == CpuFeatures.None && row.Requires != CpuFeatures.None ? $"{row.Name} requires {row.Requires}, its name says nothing is needed"
            : null;
    }

    /// <summary><c>f32</c>, <c>s8</c>, or a number of bits such as <c>x32</c> for rows that move any type, or one of the wide words.</summary>
    private static bool IsType(string word) =>
        WideTypes.Contains(word)
        || DataTypes.All.Any(t => t.Name() == word)
        || word is "x8" or "x16" or "x32" or "x64";

    private static void Require(IEnumerable<string> violations)
    {
        string[] list = [.. violations];
        Assert.True(list.Length == 0, string.Join('\n', list));
    }
}
