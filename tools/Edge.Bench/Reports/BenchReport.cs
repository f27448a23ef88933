using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Edge.Bench.Reports;

/// <summary>Where a command's result goes: Markdown to stdout or into a section of a document, JSON to a file.</summary>
internal sealed class BenchReport
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Markdown document to write; only the section of this command is replaced.", HelpName = "FILE.md" };
    private readonly Option<string?> _section = new("--section") { Description = "Name of the section in the document; by default the name of the command.", HelpName = "NAME" };
    private readonly Option<string?> _json = new("--json") { Description = "JSON file to write.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_section);
        command.Options.Add(_json);
    }

    /// <param name="section">Name of the section where --section is not given.</param>
    public void Write<T>(ParseResult result, string section, string markdown, T json, JsonTypeInfo<T> type)
    {
        if (result.GetValue(_json) is { } file)
        {
            File.WriteAllText(file, JsonSerializer.Serialize(json, type) + "\n");
        }
        if (result.GetValue(_output) is { } document)
        {
            MarkdownSection.Write(document, result.GetValue(_section) ?? section, markdown);
        }
        else
        {
            Console.Out.Write(markdown);
        }
    }
}
