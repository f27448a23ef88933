using System.Globalization;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>
/// The header of a .npy file: a Python dictionary literal with exactly the keys descr, fortran_order and shape
/// (NumPy, "A simple file format for NumPy arrays", NEP 1). Anything else is refused; nothing is evaluated.
/// </summary>
/// <param name="BigEndian">Elements are stored with the most significant byte first.</param>
/// <param name="FortranOrder">The first axis is the innermost.</param>
internal sealed record NpyHeader(DataType Type, bool BigEndian, bool FortranOrder, Shape Shape)
{
    private static readonly (string Code, DataType Type)[] Codes =
    [
        ("f4", DataType.F32), ("f2", DataType.F16), ("f8", DataType.F64), ("i1", DataType.S8), ("u1", DataType.U8), ("i2", DataType.S16),
        ("u2", DataType.U16), ("i4", DataType.S32), ("u4", DataType.U32), ("i8", DataType.S64), ("u8", DataType.U64), ("b1", DataType.Bool),
    ];

    /// <exception cref="EdgeException">The text is not the header of an array that Edge can hold.</exception>
    public static NpyHeader Parse(string text) => new Parser(text).Header();

    /// <summary>The dictionary literal, as NumPy writes it.</summary>
    public override string ToString()
    {
        string code = Codes.First(c => c.Type == Type).Code;
        string order = Type.Size() == 1 ? "|" : BigEndian ? ">" : "<";
        var dims = new StringBuilder();
        for (int i = 0; i < Shape.Rank; i++)
        {
            dims.Append(i > 0 ? " " : "").Append(Shape[i].ToString(CultureInfo.InvariantCulture)).Append(',');
        }
        string shape = Shape.Rank > 1 ? dims.ToString(0, dims.Length - 1) : dims.ToString();
        return $"{{'descr': '{order}{code}', 'fortran_order': {(FortranOrder ? "True" : "False")}, 'shape': ({shape}), }}";
    }

    private static EdgeException Bad(string problem) =>
        new(EdgeError.BadInputFile, $"the .npy header is not valid: {problem}", "write the file with numpy.save");

    private ref struct Parser(string text)
    {
        private int _at;

        public NpyHeader Header()
        {
            string? descr = null;
            bool? fortran = null;
            Shape? shape = null;
            Expect('{');
            while (!TryTake('}'))
            {
                string key = Text();
                Expect(':');
                bool repeated = key switch
                {
                    "descr" => Set(ref descr, Text()),
                    "fortran_order" => Set(ref fortran, Flag()),
                    "shape" => Set(ref shape, Dims()),
                    _ => throw Bad($"unknown key '{key}'"),
                };
                if (repeated)
                {
                    throw Bad($"the key '{key}' is there twice");
                }
                if (!TryTake(','))
                {
                    Expect('}');
                    break;
                }
            }
            SkipSpace();
            if (_at < text.Length)
            {
                throw Bad("there is text after the dictionary");
            }
            (DataType type, bool big) = ToType(descr ?? throw Bad("the key 'descr' is missing"));
            return new NpyHeader(type, big, fortran ?? throw Bad("the key 'fortran_order' is missing"), shape ?? throw Bad("the key 'shape' is missing"));
        }

        private static bool Set<T>(ref T? field, T value)
        {
            bool repeated = field is not null;
            field = value;
            return repeated;
        }

        private static (DataType Type, bool BigEndian) ToType(string descr)
        {
            foreach ((string code, DataType type) in Codes)
            {
                if (descr.Length == 3 && descr.EndsWith(code, StringComparison.Ordinal) && "<>|=".Contains(descr[0], StringComparison.Ordinal)
                    && (descr[0] != '|' || type.Size() == 1))
                {
                    return (type, descr[0] == '>' && type.Size() > 1);
                }
            }
            throw new EdgeException(
                EdgeError.BadInputFile, $"the element type '{descr}' is not supported", $"convert the array, for example with .astype('<f4'); types: {string.Join(", ", Codes.Select(c => c.Code))}");
        }

        private Shape Dims()
        {
            var dims = new List<int>();
            Expect('(');
            while (!TryTake(')'))
            {
                dims.Add(Number());
                if (dims.Count > Limits.MaxRank)
                {
                    throw Bad($"more than {Limits.MaxRank} dimensions");
                }
                if (!TryTake(','))
                {
                    Expect(')');
                    break;
                }
            }
            return new Shape([.. dims]);
        }

        private int Number()
        {
            SkipSpace();
            int start = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            {
                _at++;
            }
            string digits = text[start.._at];
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                ? value
                : throw Bad($"a dimension '{(digits.Length > 0 ? digits : Rest())}' is no number from 0 to {int.MaxValue}");
        }

        private bool Flag()
        {
            SkipSpace();
            foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
            {
                if (string.CompareOrdinal(text, _at, word, 0, word.Length) == 0)
                {
                    _at += word.Length;
                    return value;
                }
            }
            throw Bad($"expected True or False at '{Rest()}'");
        }

        private string Text()
        {
            SkipSpace();
            char quote = _at < text.Length ? text[_at] : '\0';
            int end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
            if (end < 0)
            {
                throw Bad($"expected a quoted word at '{Rest()}'");
            }
            string word = text[(_at + 1)..end];
            _at = end + 1;
            return word;
        }

        private void Expect(char c)
        {
            if (!TryTake(c))
            {
                throw Bad($"expected '{c}' at '{Rest()}'");
            }
        }

        private bool TryTake(char c)
        {
            SkipSpace();
            bool taken = _at < text.Length && text[_at] == c;
            _at += taken ? 1 : 0;
            return taken;
        }

        private void SkipSpace()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r')
            {
                _at++;
            }
        }

        private readonly string Rest() => text.Substring(Math.Min(_at, text.Length), Math.Min(20, Math.Max(0, text.Length - _at)));
    }
}
