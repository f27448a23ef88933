namespace Edge.Runtime.Streaming;

/// <summary>
/// The columns of a feature map that later hops read: a row per channel, in a buffer with room for some hops, a quarter more than what
/// is kept, so that a column is moved four times on its way through. Allocates nothing after the start.
/// </summary>
internal sealed class StreamHistory
{
    private readonly byte[] _bytes;
    private readonly int _rows;
    private readonly int _row;
    private readonly int _kept;
    private readonly int _shift;
    private int _start;

    /// <param name="rows">Channels.</param>
    /// <param name="elementBytes">Bytes of a number.</param>
    /// <param name="kept">Columns that are kept, at least 1.</param>
    /// <param name="shift">Columns that come and go per hop, at least 1.</param>
    public StreamHistory(int rows, int elementBytes, int kept, int shift)
    {
        _rows = rows;
        _kept = kept * elementBytes;
        _shift = shift * elementBytes;
        _row = _kept + Math.Max(_kept / 4, _shift);
        _bytes = new byte[checked(rows * _row)];
    }

    public long Bytes => _bytes.Length;

    /// <summary>Begins anew, with zeros.</summary>
    public void Clear() => Array.Clear(_bytes);

    /// <summary>Adds the columns of a hop; as many of the oldest go.</summary>
    /// <param name="columns">One row of new columns per channel.</param>
    public void Append(ReadOnlySpan<byte> columns)
    {
        if (_start + _kept + _shift > _row)
        {
            for (int r = 0; r < _rows; r++)
            {
                Span<byte> row = _bytes.AsSpan(r * _row, _row);
                row.Slice(_start, _kept).CopyTo(row);
            }
            _start = 0;
        }
        for (int r = 0; r < _rows; r++)
        {
            columns.Slice(r * _shift, _shift).CopyTo(_bytes.AsSpan((r * _row) + _start + _kept));
        }
        _start += _shift;
    }

    /// <summary>Copies some of the kept columns.</summary>
    /// <param name="from">Bytes of a row before them.</param>
    /// <param name="target">A row per channel, as long as wanted.</param>
    public void Read(int from, Span<byte> target)
    {
        int length = target.Length / _rows;
        for (int r = 0; r < _rows; r++)
        {
            _bytes.AsSpan((r * _row) + _start + from, length).CopyTo(target[(r * length)..]);
        }
    }
}
