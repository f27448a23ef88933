using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;

namespace Edge.Serve.Configuration;

/// <summary>Reads configuration files. What the command line says wins over the environment (EDGE_SET), which wins over the file.</summary>
public static class ConfigFile
{
    private const long MostBytes = 1 << 20;

    /// <param name="overrides"><c>path=value</c> each, as <see cref="Set"/> takes them.</param>
    /// <exception cref="EdgeException">The file cannot be read or is not valid; all problems are listed.</exception>
    public static ServeConfig Load(string path, IReadOnlyList<string> overrides)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                throw new EdgeException(EdgeError.BadConfiguration, $"the file is larger than {MostBytes} bytes", "check that it is the right file", path);
            }
            return Parse(File.ReadAllText(path), path, overrides);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    /// <exception cref="EdgeException">The text is not valid; all problems are listed.</exception>
    public static ServeConfig Parse(string json, string place, IReadOnlyList<string> overrides)
    {
        try
        {
            JsonNode root = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) ?? new JsonObject();
            string[] environment = Knobs.Set.Value.Split(';', StringSplitOptions.RemoveEmptyEntries);
            foreach (string assignment in environment.Concat(overrides))
            {
                Set(root, assignment);
            }
            ServeConfig config = root.Deserialize(ConfigJson.Default.ServeConfig) ?? throw new JsonException("the file holds null");
            string[] problems = [.. ConfigRules.Problems(config)];
            return problems.Length == 0 ? config : throw new EdgeException(EdgeError.BadConfiguration, string.Join("; ", problems), "correct the configuration; edge serve --schema prints what it may hold", place);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // The last two where a name stands twice.
            throw new EdgeException(EdgeError.BadConfiguration, exception.Message, "correct the configuration; edge serve --schema prints what it may hold", place, exception);
        }
    }

    /// <summary>Sets one value: <c>streams.0.speed=2</c>, <c>web.listen=127.0.0.1:9000</c>. A value that is no JSON is a text.</summary>
    /// <exception cref="EdgeException">The path leads nowhere.</exception>
    internal static void Set(JsonNode root, string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        string[] path = (equals < 0 ? "" : assignment[..equals]).Split('.');
        JsonNode? node = root;
        foreach (string step in path[..^1])
        {
            node = node is JsonObject parent && !parent.ContainsKey(step) ? parent[step] = new JsonObject() : Child(node, step);
        }
        JsonNode? value = Value(assignment[(equals + 1)..]);
        switch (node)
        {
            case JsonObject target when path[^1].Length > 0:
                target[path[^1]] = value;
                break;
            case JsonArray array when int.TryParse(path[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < array.Count:
                array[index] = value;
                break;
            default:
                throw new EdgeException(EdgeError.BadOption, $"'{assignment}' leads nowhere in the configuration", "write PATH=VALUE, for example streams.0.speed=2");
        }
    }

    /// <summary>The JSON schema of the file.</summary>
    public static string Schema()
    {
        var options = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, schema) =>
            {
                if (schema is JsonObject node && context.PropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), false) is [DescriptionAttribute text, ..])
                {
                    node["description"] = text.Description;
                }
                return schema;
            },
        };
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            ConfigJson.Default.ServeConfig.GetJsonSchemaAsNode(options).WriteTo(writer);
        }
        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static JsonNode? Child(JsonNode? node, string step) => node switch
    {
        JsonObject parent => parent[step],
        JsonArray array when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < array.Count => array[index],
        _ => null,
    };

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
