using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>Rules of the format that a header can break.</summary>
internal static class FileRule
{
    /// <param name="message">What is wrong; put together only where the rule does not hold.</param>
    /// <exception cref="EdgeException">The rule does not hold.</exception>
    public static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Message message)
    {
        if (!holds)
        {
            throw Broken(message.Text());
        }
    }

    /// <exception cref="EdgeException">The rule does not hold.</exception>
    public static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw Broken(message);
        }
    }

    public static EdgeException Broken(string message, Exception? inner = null) =>
        new(EdgeError.FileInvalid, message, "the file is damaged, or was written by a newer version of Edge", inner: inner);

    /// <summary>The text of a broken rule.</summary>
    [InterpolatedStringHandler]
    public ref struct Message
    {
        private DefaultInterpolatedStringHandler _text;

        public Message(int literalLength, int formattedCount, bool holds, out bool enabled)
        {
            enabled = !holds;
            _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public string Text() => _text.ToStringAndClear();
    }
}
