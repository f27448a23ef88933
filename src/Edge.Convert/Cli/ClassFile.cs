using System.Globalization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Convert.Cli;

/// <summary>The right class of each sample: integers, one per line, or a .npy vector.</summary>
internal static class ClassFile
{
    /// <exception cref="EdgeException">The file cannot be read, or holds another number of classes.</exception>
    public static long[] Read(string path, int samples)
    {
        long[] expected;
        try
        {
            expected = Path.GetExtension(path) == ".npy"
                ? NpyFile.Read(path).ToInt64()
                : [.. File.ReadLines(path).Where(l => l.Trim().Length > 0).Select(l => long.Parse(l.Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or OverflowException or InvalidOperationException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the expected classes cannot be read: {exception.Message}", "write one integer per line", path, exception);
        }
        return expected.Length == samples ? expected : throw new EdgeException(EdgeError.BadInputFile, $"{expected.Length} classes are given for {samples} samples", "give one for each", path);
    }
}
