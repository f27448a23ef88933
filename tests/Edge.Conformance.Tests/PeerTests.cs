using Edge.Bench;
using Edge.Convert;
using Edge.Convert.Onnx;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>
/// Whole models against ONNX Runtime: max |a-b| / max |b| within <see cref="ComparisonResult.Limit"/>.
/// </summary>
public class PeerTests
{
    private const string NoModels = "no trained models: set EDGE_MODELS to a folder of them";
    private const string NoZoo = "no exported architectures: run tools/zoo/export.py artifacts/zoo, or set EDGE_ZOO";

    /// <summary>Models that leave more than the batch open.</summary>
    private static readonly Dictionary<string, Dictionary<string, Shape>> Shapes = new(StringComparer.Ordinal)
    {
        ["ppocr_cls_mbv3_se"] = new() { ["x"] = new Shape(1, 3, 48, 192) },
        ["candy_winml_experimental"] = new() { ["inputImage"] = new Shape(1, 3, 720, 720) },
    };

    /// <summary>Models that take pixels as they are.</summary>
    private static readonly Dictionary<string, ValueRange> Ranges = new(StringComparer.Ordinal)
    {
        ["yolox_nano"] = new(0, 255),
        ["yunet_n_320"] = new(0, 255),
    };

    public static TheoryData<string> TrainedModels => Files(RepositoryPaths.Models, SearchOption.AllDirectories, exclude: "candy_winml_experimental");

    public static TheoryData<string> Architectures => Files(RepositoryPaths.Zoo, SearchOption.TopDirectoryOnly, exclude: null);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TrainedModels))]
    public void TrainedModelsAgreeOnRandomInput(string path) => CheckRandom(path);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Architectures))]
    public void ArchitecturesAgreeOnRandomInput(string path) => CheckRandom(path);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TrainedModels))]
    public void TrainedModelsAgreeOnRealInput(string path)
    {
        IReadOnlyList<Tensor>? sample = Samples.Find(path);
        Assert.SkipWhen(sample is null, $"no real input lies beside {Path.GetFileName(path)}");
        ComparisonResult result = ModelComparison.OnInput(path, "sample", sample!);
        Assert.True(result.Agrees, result.ToString());
    }

    [Fact]
    public void BundledLeNetAgrees() => CheckRandom(Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx"));

    [Fact]
    public void WithdrawnOperatorsAreRefusedByName()
    {
        Assert.SkipWhen(RepositoryPaths.Models is null, NoModels);
        string path = Path.Combine(RepositoryPaths.Models!, "misc", "candy_winml_experimental.onnx");
        Assert.SkipUnless(File.Exists(path), NoModels);
        ConversionException refusal = Assert.Throws<ConversionException>(
            () => OnnxImporter.Import(path, new ImportOptions { InputShapes = Shapes["candy_winml_experimental"] }));
        Assert.Contains(refusal.Problems, p => p.Error == EdgeError.UnsupportedOperator && p.Message.Contains("ImageScaler", StringComparison.Ordinal));
    }

    [Fact]
    public void ModelsAndArchitecturesWereThere()
    {
        Assert.SkipWhen(RepositoryPaths.Models is null, NoModels);
        Assert.SkipWhen(RepositoryPaths.Zoo is null, NoZoo);
        Assert.True(TrainedModels.Count >= 20 && Architectures.Count >= 15);
    }

    private static void CheckRandom(string path)
    {
        string model = Path.GetFileNameWithoutExtension(path);
        ValueRange? range = Ranges.TryGetValue(model, out ValueRange given) ? given : null;
        ComparisonResult result = ModelComparison.OnRandomInput(path, Shapes.GetValueOrDefault(model), range);
        Assert.True(result.Agrees, result.ToString());
    }

    private static TheoryData<string> Files(string? folder, SearchOption depth, string? exclude)
    {
        var rows = new TheoryData<string>();
        if (folder is not null)
        {
            foreach (string path in Directory.GetFiles(folder, "*.onnx", depth).Order(StringComparer.Ordinal).Where(p => Path.GetFileNameWithoutExtension(p) != exclude))
            {
                rows.Add(path);
            }
        }
        return rows;
    }
}
