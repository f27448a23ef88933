using System.CommandLine.Parsing;
using System.Globalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Cli;

/// <summary>Options of the form NAME=VALUE. Names of ONNX values may hold almost any character.</summary>
internal static class Assignments
{
    /// <summary>NAME=1,3,224,224; NAME= stands for a scalar. The last '=' separates.</summary>
    public static KeyValuePair<string, Shape>[] ParseShapes(ArgumentResult result) =>
        Parse<Shape>(result, token => token.LastIndexOf('='), "NAME=1,3,224,224", TryShape);

    /// <summary>NAME=FILE. The first '=' separates.</summary>
    public static KeyValuePair<string, string>[] ParseFiles(ArgumentResult result) =>
        Parse<string>(result, token => token.IndexOf('='), "NAME=FILE.npy", (string text, out string value) => (value = text).Length > 0);

    /// <exception cref="EdgeException">A name is given twice.</exception>
    public static Dictionary<string, T> ToDictionary<T>(string option, KeyValuePair<string, T>[] pairs)
    {
        var result = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach ((string name, T value) in pairs)
        {
            if (!result.TryAdd(name, value))
            {
                throw new EdgeException(EdgeError.BadOption, $"{option} is given twice for '{name}'", "give it once");
            }
        }
        return result;
    }

    /// <summary>Reads the part behind the separator; false where it is of another form.</summary>
    public delegate bool TryRead<T>(string text, out T value);

    /// <summary>NAME=VALUE with a separator and a form of its own.</summary>
    public static KeyValuePair<string, T>[] Parse<T>(ArgumentResult result, Func<string, int> separator, string form, TryRead<T> tryRead)
    {
        var pairs = new List<KeyValuePair<string, T>>();
        foreach (string token in result.Tokens.Select(t => t.Value))
        {
            int at = separator(token);
            if (at < 1 || !tryRead(token[(at + 1)..], out T value))
            {
                result.AddError($"'{token}' is not of the form {form}");
                return [];
            }
            pairs.Add(new KeyValuePair<string, T>(token[..at], value));
        }
        return [.. pairs];
    }

    private static bool TryShape(string text, out Shape shape)
    {
        string[] parts = text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        var dims = new int[parts.Length];
        bool valid = parts.Length <= Limits.MaxRank;
        for (int i = 0; i < parts.Length; i++)
        {
            valid &= int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out dims[i]);
        }
        shape = valid ? new Shape(dims) : default;
        return valid;
    }
}
