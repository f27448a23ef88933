using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Reads the samples of a WFDB record frame by frame, all signals together: a frame has <see cref="WfdbSignal.SamplesPerFrame"/>
/// samples of the first signal, then of the second, and so on. Skewed signals are aligned. At the end the checksums are compared.
/// </summary>
public sealed class WfdbReader : IDisposable
{
    /// <summary>A missing sample in digital units.</summary>
    public const int Missing = SampleFormat.Missing;

    private readonly List<WfdbSignalGroup> _groups = [];
    private readonly int[] _sums;
    private readonly int[] _offsets;
    private readonly bool _verify;
    private readonly string _path;
    private long _position;

    private WfdbReader(string path, WfdbHeader header, bool verify)
    {
        _path = path;
        Header = header;
        _verify = verify;
        _sums = new int[header.Signals.Count];
        _offsets = new int[header.Signals.Count];
        for (int s = 0; s < _offsets.Length; s++)
        {
            _offsets[s] = FrameSize;
            FrameSize += header.Signals[s].SamplesPerFrame;
        }
    }

    public WfdbHeader Header { get; }

    /// <summary>Samples of all signals in one frame.</summary>
    public int FrameSize { get; }

    /// <summary>Frames of the record: what the header says, else what the files hold.</summary>
    public long Frames { get; private set; }

    /// <summary>Opens a record.</summary>
    /// <param name="path">The record's path without extension, or with <c>.hea</c> or <c>.dat</c>.</param>
    /// <param name="verifyChecksums">Compare the checksums of the header when the last frame has been read.</param>
    /// <exception cref="EdgeException">A file is missing, breaks a rule, or is shorter than the header says.</exception>
    public static WfdbReader Open(string path, bool verifyChecksums = true)
    {
        string stem = Path.GetExtension(path) is ".hea" or ".dat" ? Path.ChangeExtension(path, null) : path;
        string headerPath = stem + ".hea";
        WfdbHeader header = WfdbHeaderReader.Read(headerPath);
        if (header.Signals.Count == 0)
        {
            throw new EdgeException(EdgeError.RecordingUnsupported, "the record has no signals", "choose a record with signals", headerPath);
        }
        var reader = new WfdbReader(headerPath, header, verifyChecksums);
        try
        {
            reader.OpenGroups(Path.GetDirectoryName(Path.GetFullPath(stem)) ?? ".");
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Where signal <paramref name="signal"/> starts in a frame.</summary>
    public int OffsetOf(int signal) => _offsets[signal];

    /// <summary>Reads whole frames of <see cref="FrameSize"/> samples, in the converter's units; <see cref="Missing"/> where there is no sample.</summary>
    /// <returns>Frames read; 0 at the end.</returns>
    /// <exception cref="EdgeException">The files are shorter than the header says, or a checksum does not match.</exception>
    public int ReadFrames(Span<int> samples)
    {
        long left = Frames - _position;
        int frames = (int)Math.Min(samples.Length / FrameSize, left);
        for (int f = 0; f < frames; f++)
        {
            Span<int> frame = samples.Slice(f * FrameSize, FrameSize);
            foreach (WfdbSignalGroup group in _groups)
            {
                group.ReadFrame(frame);
            }
            Sum(frame);
        }
        _position += frames;
        if (frames > 0 && _position == Frames && _verify)
        {
            VerifyChecksums();
        }
        return frames;
    }

    public void Dispose()
    {
        foreach (WfdbSignalGroup group in _groups)
        {
            group.Dispose();
        }
    }

    private void OpenGroups(string folder)
    {
        int maxSkew = Header.Signals.Max(s => s.Skew);
        long frames = long.MaxValue;
        for (int first = 0; first < Header.Signals.Count;)
        {
            int end = first + 1;
            while (end < Header.Signals.Count && Header.Signals[end].File == Header.Signals[first].File)
            {
                end++;
            }
            WfdbSignal[] signals = [.. Header.Signals.Skip(first).Take(end - first)];
            var group = new WfdbSignalGroup(folder, signals, _offsets[first]);
            _groups.Add(group);
            frames = Math.Min(frames, group.Frames);
            first = end;
        }
        if (Header.Frames > 0 && frames < Header.Frames)
        {
            throw new EdgeException(EdgeError.RecordingMalformed, $"the header promises {Header.Frames} frames, the signal files hold {frames}", "copy the whole files", _path);
        }
        Frames = Header.Frames > 0 ? Header.Frames : frames == long.MaxValue ? 0 : frames;
        foreach (WfdbSignalGroup group in _groups)
        {
            group.Start(Frames, maxSkew);
        }
    }

    private void Sum(ReadOnlySpan<int> frame)
    {
        for (int s = 0; s < _sums.Length; s++)
        {
            int count = Header.Signals[s].SamplesPerFrame;
            foreach (int sample in frame.Slice(_offsets[s], count))
            {
                _sums[s] += sample == Missing ? SampleFormat.StoredMissing(Header.Signals[s].Format) : sample;
            }
        }
    }

    private void VerifyChecksums()
    {
        for (int s = 0; s < _sums.Length; s++)
        {
            WfdbSignal signal = Header.Signals[s];
            // A skewed signal's first samples are not part of any frame, so its sum cannot be known.
            if (signal.Checksum is { } expected && signal.Skew == 0 && signal.Format != SampleFormat.Null && expected != (short)_sums[s] && Header.Frames > 0)
            {
                throw new EdgeException(
                    EdgeError.RecordingCorrupt,
                    string.Create(CultureInfo.InvariantCulture, $"the samples of signal {s} '{signal.Description}' have the checksum {(short)_sums[s]}, the header says {expected}"),
                    "copy the files again",
                    _path);
            }
        }
    }
}
