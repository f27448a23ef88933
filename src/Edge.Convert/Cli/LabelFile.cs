using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Cli;

/// <summary>Class names, one per line, UTF-8. Empty lines at the end do not count.</summary>
internal static class LabelFile
{
    private const int MaxLabels = 1 << 20;

    /// <exception cref="EdgeException">The file cannot be read or is no list of labels.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        try
        {
            var labels = new List<string>();
            foreach (string line in File.ReadLines(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)))
            {
                string label = line.Trim();
                labels.Add(label);
                if (labels.Count > MaxLabels || label.Length > 1024 || label.Contains('\0', StringComparison.Ordinal))
                {
                    throw new EdgeException(EdgeError.BadInputFile, $"line {labels.Count} is no label: a file holds at most {MaxLabels} lines of at most 1024 characters", "give a text file with one class name per line", path);
                }
            }
            while (labels.Count > 0 && labels[^1].Length == 0)
            {
                labels.RemoveAt(labels.Count - 1);
            }
            return labels;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "give a UTF-8 text file with one class name per line", path, exception);
        }
    }
}
