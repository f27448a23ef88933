namespace Edge.Convert.Onnx;

/// <summary>Keeps external data inside the folder of its model: a model must not read other files of its user.</summary>
internal static class ExternalPath
{
    private const int MaxLinks = 32;

    /// <summary>The file that <paramref name="location"/> names, if neither the path nor a symbolic link on it leads out of the folder.</summary>
    public static bool TryResolve(string modelFolder, string location, out string path)
    {
        string folder = Path.GetFullPath(modelFolder);
        path = "";
        if (location.Contains('\0', StringComparison.Ordinal) || Path.IsPathRooted(location))
        {
            return false;
        }
        path = Path.GetFullPath(location, folder);
        return IsInside(folder, path) && LinksStayInside(folder, path);
    }

    private static bool LinksStayInside(string folder, string path)
    {
        var parts = new Queue<string>(Parts(folder, path));
        string current = folder;
        for (int links = 0; parts.TryDequeue(out string? part);)
        {
            string next = Path.Combine(current, part);
            if (new FileInfo(next).LinkTarget is not { } link)
            {
                current = next;
                continue;
            }
            string target = Path.GetFullPath(link, current);
            if (++links > MaxLinks || !IsInside(folder, target))
            {
                return false;
            }
            // The target's own folders may be links too.
            parts = new Queue<string>(Parts(folder, target).Concat(parts));
            current = folder;
        }
        return true;
    }

    private static string[] Parts(string folder, string path) => Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar);

    private static bool IsInside(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
