using System.Buffers.Binary;
using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Serve.Storage;

/// <summary>
/// Messages that wait on disk until somebody has taken them, over restarts and kill -9. Segments of records are appended to and
/// deleted as a whole; a small file says up to which number all are done. What was appended survives the end of the process at once,
/// and a power cut after the next <see cref="Sync"/>. Above its limit the oldest segment goes, and its messages that nobody had
/// taken are counted. A record that is cut off or damaged ends its segment. Safe to use from a writer and a reader thread.
/// </summary>
public sealed class Outbox : IDisposable
{
    private const string Suffix = ".log";
    private const string DoneFile = "done";
    private const int SlotBytes = 16;

    private readonly object _lock = new();
    private readonly IFileStore _store;
    private readonly string _folder;
    private readonly long _most;
    private readonly long _segmentBytes;
    private readonly List<Segment> _segments = [];
    private IStoreFile? _done;
    private long _doneWrites;
    private long _acknowledged;
    private long _next = 1;
    private bool _unsynced;
    private bool _sealed;

    /// <summary>Opens an outbox, or makes one.</summary>
    /// <param name="most">Most bytes on disk.</param>
    /// <exception cref="EdgeException">The folder cannot be used.</exception>
    public Outbox(string folder, long most)
        : this(folder, most, new DiskStore())
    {
    }

    internal Outbox(string folder, long most, IFileStore store)
    {
        _folder = folder;
        _most = most;
        _store = store;
        _segmentBytes = Math.Clamp(most / 8, 4096, 4 << 20);
        try
        {
            store.CreateFolder(folder);
            Recover();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new EdgeException(EdgeError.StateDirectory, $"the outbox cannot be opened: {exception.Message}", "check the permissions and the free space", folder, exception);
        }
    }

    /// <summary>Number of the next message that is appended.</summary>
    public long NextNumber
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>All messages up to this number are done.</summary>
    public long Acknowledged
    {
        get
        {
            lock (_lock)
            {
                return _acknowledged;
            }
        }
    }

    /// <summary>Messages that wait.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _next - 1 - Math.Max(_acknowledged, _segments.Count > 0 ? _segments[0].First - 1 : _next - 1);
            }
        }
    }

    /// <summary>Bytes on disk.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _segments.Sum(s => s.Length);
            }
        }
    }

    /// <summary>Messages that nobody had taken when they had to make room.</summary>
    public long Dropped { get; private set; }

    /// <summary>Appends a message.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="IOException">It cannot be written; the outbox stays as it was, and the next message is tried anew.</exception>
    public long Append(string topic, ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            byte[] record = OutboxRecord.Encode(_next, topic, payload);
            Segment segment = SegmentFor(record.Length);
            try
            {
                segment.File.WriteAt(segment.Length, record);
            }
            catch (IOException)
            {
                // Part of the record may be there: nothing is appended behind it.
                _sealed = true;
                TryTruncate(segment);
                throw;
            }
            segment.Length += record.Length;
            _unsynced = true;
            return _next++;
        }
    }

    /// <summary>Finds the first message after a number.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public OutboxMessage? Next(long after)
    {
        lock (_lock)
        {
            after = Math.Max(after, _acknowledged);
            for (int i = 0; i < _segments.Count; i++)
            {
                Segment segment = _segments[i];
                long end = i + 1 < _segments.Count ? _segments[i + 1].First : _next;
                if (end - 1 <= after)
                {
                    continue;
                }
                if (Find(segment, after) is { } message)
                {
                    return message;
                }
            }
            return null;
        }
    }

    /// <summary>Says that all messages up to a number are done; whole segments of them are deleted.</summary>
    public void Acknowledge(long number)
    {
        lock (_lock)
        {
            if (number <= _acknowledged)
            {
                return;
            }
            _acknowledged = Math.Min(number, _next - 1);
            WriteDone();
            while (_segments.Count > 1 && _segments[1].First - 1 <= _acknowledged)
            {
                Remove();
            }
        }
    }

    /// <summary>Brings what was appended to the disk.</summary>
    /// <exception cref="IOException">It failed; what came since the last success may be lost in a power cut.</exception>
    public void Sync()
    {
        lock (_lock)
        {
            if (_unsynced && _segments.Count > 0)
            {
                _unsynced = false;
                _segments[^1].File.Sync();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Segment segment in _segments)
            {
                segment.File.Dispose();
            }
            _segments.Clear();
            _done?.Dispose();
            _done = null;
        }
    }

    private static OutboxMessage? ReadAt(Segment segment, long offset)
    {
        Span<byte> header = stackalloc byte[OutboxRecord.HeaderBytes];
        if (segment.File.ReadAt(offset, header) < header.Length || OutboxRecord.BodyBytes(header) is not (> 0 and int length))
        {
            return null;
        }
        var body = new byte[length];
        return segment.File.ReadAt(offset + header.Length, body) == length ? OutboxRecord.Decode(header, body) : null;
    }

    private static int SizeOf(OutboxMessage message) => OutboxRecord.HeaderBytes + 10 + System.Text.Encoding.UTF8.GetByteCount(message.Topic) + message.Payload.Length;

    /// <summary>The first message of a segment after a number. Where the last search ended the next one begins.</summary>
    private static OutboxMessage? Find(Segment segment, long after)
    {
        (long offset, long number) = segment.Cursor.Number <= after + 1 ? segment.Cursor : (0, segment.First);
        while (offset < segment.Length)
        {
            if (ReadAt(segment, offset) is not { } message)
            {
                return null;
            }
            if (message.Number > after)
            {
                segment.Cursor = (offset, message.Number);
                return message;
            }
            offset += SizeOf(message);
            number = message.Number + 1;
            segment.Cursor = (offset, number);
        }
        return null;
    }

    private void Recover()
    {
        _done = _store.Open(Path.Combine(_folder, DoneFile));
        ReadDone();
        long[] firsts =
        [
            .. _store.List(_folder)
                .Where(n => n.EndsWith(Suffix, StringComparison.Ordinal))
                .Select(n => long.TryParse(n.AsSpan(0, n.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long first) ? first : -1)
                .Where(f => f > 0)
                .Order(),
        ];
        foreach (long first in firsts)
        {
            var segment = new Segment(first, _store.Open(PathOf(first)));
            _segments.Add(segment);
            _next = Math.Max(_next, first);
            Scan(segment);
        }
        _next = Math.Max(_next, _acknowledged + 1);
        // Behind a damaged end nothing is appended.
        _sealed = _segments.Count > 0 && _segments[^1].Length != _segments[^1].File.Length;
    }

    /// <summary>Finds where a segment's good records end.</summary>
    private void Scan(Segment segment)
    {
        long length = segment.File.Length;
        while (segment.Length < length && ReadAt(segment, segment.Length) is { } message)
        {
            segment.Length += SizeOf(message);
            _next = message.Number + 1;
        }
    }

    private Segment SegmentFor(int bytes)
    {
        if (_segments.Count > 0 && !_sealed && _segments[^1].Length + bytes <= _segmentBytes)
        {
            return _segments[^1];
        }
        // A sealed segment without a single record has the number of the new one: it is used again.
        if (_segments.Count > 0 && _segments[^1].First == _next)
        {
            _segments[^1].File.Truncate(0);
            _segments[^1].Length = 0;
            _segments[^1].Cursor = (0, _next);
            _sealed = false;
            return _segments[^1];
        }
        while (_segments.Count > 0 && _segments.Sum(s => s.Length) + bytes > _most - _segmentBytes)
        {
            long end = _segments.Count > 1 ? _segments[1].First : _next;
            Dropped += Math.Max(0, end - Math.Max(_segments[0].First, _acknowledged + 1));
            Remove();
        }
        if (_unsynced && _segments.Count > 0)
        {
            _segments[^1].File.Sync();
        }
        var segment = new Segment(_next, _store.Open(PathOf(_next)));
        _segments.Add(segment);
        _sealed = false;
        return segment;
    }

    private void Remove()
    {
        Segment oldest = _segments[0];
        _segments.RemoveAt(0);
        oldest.File.Dispose();
        try
        {
            _store.Delete(PathOf(oldest.First));
        }
        catch (IOException)
        {
            // It is found again at the next start, and acknowledged then.
        }
    }

    private static void TryTruncate(Segment segment)
    {
        try
        {
            segment.File.Truncate(segment.Length);
        }
        catch (IOException)
        {
            // The record's CRC is wrong: it is not read.
        }
    }

    private string PathOf(long first) => Path.Combine(_folder, first.ToString("D16", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Two slots are written in turn, so that one of them is whole at any time.</summary>
    private void WriteDone()
    {
        Span<byte> slot = stackalloc byte[SlotBytes];
        BinaryPrimitives.WriteInt64LittleEndian(slot, _acknowledged);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], Crc32.Compute(slot[..8]));
        try
        {
            _done!.WriteAt(_doneWrites++ % 2 * SlotBytes, slot);
        }
        catch (IOException)
        {
            // Some messages would be sent twice after a restart: that is allowed.
        }
    }

    private void ReadDone()
    {
        Span<byte> slots = stackalloc byte[2 * SlotBytes];
        slots = slots[.._done!.ReadAt(0, slots)];
        for (int i = 0; i + SlotBytes <= slots.Length; i += SlotBytes)
        {
            ReadOnlySpan<byte> slot = slots.Slice(i, SlotBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]) == Crc32.Compute(slot[..8]))
            {
                long number = BinaryPrimitives.ReadInt64LittleEndian(slot);
                if (number > _acknowledged)
                {
                    _acknowledged = number;
                    _doneWrites = (i / SlotBytes) + 1;
                }
            }
        }
    }

    private sealed class Segment(long first, IStoreFile file)
    {
        public long First => first;

        public IStoreFile File => file;

        /// <summary>Bytes of good records.</summary>
        public long Length { get; set; }

        /// <summary>A place in the segment, and the number of the record there or behind it.</summary>
        public (long Offset, long Number) Cursor { get; set; } = (0, first);
    }
}
