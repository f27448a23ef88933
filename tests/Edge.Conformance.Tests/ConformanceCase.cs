using Edge.Convert.Onnx;
using Edge.Kernels.Tensors;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Conformance.Tests;

/// <summary>One test of ONNX's backend suite: a model and data sets of inputs with expected outputs.</summary>
/// <param name="Name"><c>suite/test</c>.</param>
/// <param name="Parameters">Indexes of fed inputs that a real model holds as constants.</param>
public sealed record ConformanceCase(string Name, string Folder, IReadOnlySet<int> Parameters)
{
    /// <summary>Why the case is skipped; null where it has to pass.</summary>
    public string? OutOfScope { get; init; }

    public string ModelPath => Path.Combine(Folder, "model.onnx");

    /// <summary>Cases of a tier of the manifest; all cases where there is no manifest (tier 2 is empty then).</summary>
    public static IReadOnlyList<ConformanceCase> Load(string directory, string tier)
    {
        string manifest = Path.Combine(directory, "manifest.tsv");
        return File.Exists(manifest) ? [.. FromManifest(directory, manifest, tier)] : tier == "1" ? [.. DistributionCases.Load(directory)] : [];
    }

    /// <summary>The data sets: fed inputs by index (null where the optional input has no file) and expected outputs by index.</summary>
    public IEnumerable<(Tensor?[] Inputs, Dictionary<int, Tensor> Outputs)> DataSets()
    {
        int count = OnnxFiles.FedInputs(ModelPath).Length;
        foreach (string folder in Directory.GetDirectories(Folder, "test_data_set_*").Order(StringComparer.Ordinal))
        {
            var inputs = new Tensor?[count];
            for (int i = 0; i < count; i++)
            {
                string path = Path.Combine(folder, $"input_{i}.pb");
                inputs[i] = File.Exists(path) ? OnnxFiles.ReadTensor(path) : null;
            }
            var outputs = new Dictionary<int, Tensor>();
            for (int i = 0; File.Exists(Path.Combine(folder, $"output_{i}.pb")); i++)
            {
                outputs[i] = OnnxFiles.ReadTensor(Path.Combine(folder, $"output_{i}.pb"));
            }
            yield return (inputs, outputs);
        }
    }

    /// <summary>Whether float64 outputs are expected that float32, in which Edge computes such models, cannot hold.</summary>
    public bool PassesFloat32() => DataSets().Any(d => d.Outputs.Values.Any(t => t.Type == DataType.F64 && t.ToDouble().Any(v => double.IsFinite(v) && Math.Abs(v) > float.MaxValue)));

    /// <summary>How the model is imported for these inputs: shapes fixed, parameters bound.</summary>
    public ImportOptions Options(Tensor?[] inputs)
    {
        string[] names = OnnxFiles.FedInputs(ModelPath);
        var shapes = new Dictionary<string, Shape>();
        var constants = new Dictionary<string, Tensor>();
        for (int i = 0; i < names.Length; i++)
        {
            if (inputs[i] is not { } tensor)
            {
                continue;
            }
            if (Parameters.Contains(i))
            {
                constants[names[i]] = tensor;
            }
            else
            {
                shapes[names[i]] = tensor.Shape;
            }
        }
        return new ImportOptions { InputShapes = shapes, Constants = constants };
    }

    public override string ToString() => Name;

    private static IEnumerable<ConformanceCase> FromManifest(string directory, string manifest, string tier)
    {
        string[] lines = File.ReadAllLines(manifest);
        string[] header = lines[0].Split('\t');
        int Column(string name) => Array.IndexOf(header, name);
        foreach (string[] cells in lines.Skip(1).Select(l => l.Split('\t')).Where(c => c[Column("tier")] == tier))
        {
            string name = $"{cells[Column("suite")]}/{cells[Column("test")]}";
            string parameters = Column("param_inputs") < cells.Length ? cells[Column("param_inputs")] : "";
            yield return new ConformanceCase(
                name,
                Path.Combine(directory, name),
                parameters.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)).ToHashSet());
        }
    }
}
