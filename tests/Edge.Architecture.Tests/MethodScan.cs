using System.Text.RegularExpressions;

namespace Edge.Architecture.Tests;

/// <summary>A method body found by its braces.</summary>
public sealed record MethodBody(string File, int Line, string Header, int Lines);

/// <summary>Finds the bodies of methods, constructors and accessors by counting braces.</summary>
public static partial class MethodScan
{
    private enum Block
    {
        Namespace,
        Type,
        Property,
        Method,
        Inner,
    }

    public static IEnumerable<MethodBody> Methods(SourceFile file)
    {
        string code = file.Code;
        var open = new Stack<(Block Block, int Start, string Header)>();
        int headerStart = 0;
        for (int i = 0; i < code.Length; i++)
        {
            switch (code[i])
            {
                case '{':
                    string header = code[headerStart..i].Trim();
                    open.Push((Classify(header, open.Count > 0 ? open.Peek().Block : Block.Namespace), i, header));
                    headerStart = i + 1;
                    break;
                case '}' when open.TryPop(out (Block Block, int Start, string Header) closed):
                    if (closed.Block == Block.Method)
                    {
                        int first = file.LineAt(closed.Start);
                        yield return new MethodBody(file.Path, first, closed.Header, file.LineAt(i) - first - 1);
                    }
                    headerStart = i + 1;
                    break;
                case ';':
                    headerStart = i + 1;
                    break;
            }
        }
    }

    private static Block Classify(string header, Block parent)
    {
        if (parent is Block.Method or Block.Inner)
        {
            return Block.Inner;
        }
        if (parent == Block.Property)
        {
            return Accessor().IsMatch(header) ? Block.Method : Block.Inner;
        }
        if (TypeWord().IsMatch(header))
        {
            return Block.Type;
        }
        if (header.StartsWith("namespace", StringComparison.Ordinal))
        {
            return Block.Namespace;
        }
        int parenthesis = header.IndexOf('(', StringComparison.Ordinal);
        int assignment = Assignment().Match(header) is { Success: true } match ? match.Index : int.MaxValue;
        bool indexer = IndexerWord().IsMatch(header);
        return assignment < int.MaxValue && (parenthesis < 0 || assignment < parenthesis) ? Block.Inner
            : parenthesis < 0 || indexer ? Block.Property
            : Block.Method;
    }

    [GeneratedRegex(@"\b(class|struct|interface|enum|record)\s+\w")]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"\b(get|set|init|add|remove)$")]
    private static partial Regex Accessor();

    [GeneratedRegex(@"=")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\bthis\s*\[")]
    private static partial Regex IndexerWord();
}
