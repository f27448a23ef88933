namespace Edge.Testing;

/// <summary>Where tests find files: the checkout, and optional material beside it.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds <c>Edge.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// ONNX backend tests: EDGE_CONFORMANCE, else <c>../shared/onnx-conformance</c>, else Debian's libonnx-testdata; null where
    /// none is there.
    /// </summary>
    public static string? Conformance { get; } = FirstFolder(
        Environment.GetEnvironmentVariable("EDGE_CONFORMANCE"),
        Path.Combine(Root, "..", "shared", "onnx-conformance"),
        "/usr/share/libonnx-testdata/data");

    /// <summary>Trained models: EDGE_MODELS, else <c>../shared/models</c>; null where neither is there.</summary>
    public static string? Models { get; } = FirstFolder(Environment.GetEnvironmentVariable("EDGE_MODELS"), Path.Combine(Root, "..", "shared", "models"));

    /// <summary>Real recordings and pictures: EDGE_DATA, else <c>../shared/data</c>; null where neither is there.</summary>
    public static string? Recordings { get; } = FirstFolder(Environment.GetEnvironmentVariable("EDGE_DATA"), Path.Combine(Root, "..", "shared", "data"));

    /// <summary>Exported zoo architectures with random weights: EDGE_ZOO; null where it is not set.</summary>
    public static string? Zoo { get; } = FirstFolder(Environment.GetEnvironmentVariable("EDGE_ZOO"), Path.Combine(Root, "artifacts", "zoo"));

    /// <summary>The models that are part of the repository.</summary>
    public static string BundledModels => Path.Combine(Root, "tools", "zoo", "models");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Edge.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds Edge.sln");
    }

    private static string? FirstFolder(params ReadOnlySpan<string?> candidates)
    {
        foreach (string? candidate in candidates)
        {
            if (!string.IsNullOrEmpty(candidate) && Directory.Exists(candidate))
            {
                return Path.GetFullPath(candidate);
            }
        }
        return null;
    }
}
