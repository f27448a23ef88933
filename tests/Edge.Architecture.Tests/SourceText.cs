namespace Edge.Architecture.Tests;

/// <summary>Blanks what is not code, so that words and braces can be counted without a compiler.</summary>
public sealed class SourceText
{
    private readonly string _text;
    private readonly char[] _code;
    private int _at;

    private SourceText(string text)
    {
        _text = text;
        _code = text.ToCharArray();
    }

    /// <summary>The text with comments, strings (interpolations included) and character literals replaced by spaces.</summary>
    public static string Blank(string text)
    {
        var source = new SourceText(text);
        while (source._at < text.Length)
        {
            source.Step(visible: true);
        }
        return new string(source._code);
    }

    /// <summary>Passes one token that may hide code: a comment, a literal, or a single character.</summary>
    private void Step(bool visible)
    {
        if (Next("//"))
        {
            Hide(Find("\n", _at));
        }
        else if (Next("/*"))
        {
            Hide(Find("*/", _at) + 2);
        }
        else if (StringStart() is { } start)
        {
            PassString(start);
        }
        else if (_text[_at] == '\'')
        {
            Hide(CharacterEnd());
        }
        else if (visible)
        {
            _at++;
        }
        else
        {
            Hide(_at + 1);
        }
    }

    private readonly record struct Start(int Dollars, bool Verbatim, int Quotes, int Length);

    /// <summary>The prefix of a string literal at the current position, or null.</summary>
    private Start? StringStart()
    {
        int i = _at;
        int dollars = 0;
        bool verbatim = false;
        for (; i < _text.Length && _text[i] is '$' or '@'; i++)
        {
            dollars += _text[i] == '$' ? 1 : 0;
            verbatim |= _text[i] == '@';
        }
        int quotes = 0;
        while (i + quotes < _text.Length && _text[i + quotes] == '"')
        {
            quotes++;
        }
        if (quotes == 0)
        {
            return null;
        }
        int opening = quotes >= 3 && !verbatim ? quotes : 1;
        return new Start(dollars, verbatim, opening, i + opening - _at);
    }

    private void PassString(Start start)
    {
        Hide(_at + start.Length);
        int braces = start.Quotes >= 3 ? start.Dollars : 1;
        while (_at < _text.Length)
        {
            if (Next(new string('"', start.Quotes)))
            {
                bool doubled = start.Verbatim && Next("\"\"");
                Hide(_at + (doubled ? 2 : start.Quotes));
                if (!doubled)
                {
                    return;
                }
            }
            else if (_text[_at] == '\\' && start.Quotes == 1 && !start.Verbatim)
            {
                Hide(_at + 2);
            }
            else if (start.Dollars > 0 && Next(new string('{', braces)))
            {
                PassHole(braces, escapable: start.Quotes == 1);
            }
            else
            {
                Hide(_at + 1);
            }
        }
    }

    private void PassHole(int braces, bool escapable)
    {
        bool escaped = escapable && Next("{{");
        Hide(_at + (escaped ? 2 : braces));
        int depth = escaped ? 0 : 1;
        while (depth > 0 && _at < _text.Length)
        {
            depth += _text[_at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                Hide(_at + braces);
                return;
            }
            Step(visible: false);
        }
    }

    private int CharacterEnd()
    {
        int end = _at + 1;
        while (end < _text.Length && _text[end] != '\'' && _text[end] != '\n')
        {
            end += _text[end] == '\\' ? 2 : 1;
        }
        return end + 1;
    }

    private bool Next(string word) => string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0;

    private int Find(string word, int from)
    {
        int found = _text.IndexOf(word, from, StringComparison.Ordinal);
        return found < 0 ? _text.Length : found;
    }

    private void Hide(int end)
    {
        for (end = Math.Min(end, _text.Length); _at < end; _at++)
        {
            _code[_at] = _text[_at] == '\n' ? '\n' : ' ';
        }
    }
}
