using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;

namespace Edge.Runtime.Signals;

/// <summary>
/// Makes a model's input from frames in one pass: each row is converted to RGB or gray, filtered along the row, combined with its
/// neighbours and written as float32, in memory order of the input, without an image in between. Only rows and columns that the
/// input shows are computed. The same bits as <see cref="ImageResizer"/> followed by value = (pixel * scale - mean) / std.
/// Allocates only when the size of the frames changes. Not thread-safe.
/// </summary>
public sealed class FramePreprocessor
{
    private readonly ImagePreprocessing _spec;
    private readonly int _channels;
    private readonly float[] _values;
    private readonly float[] _padding;
    private (int Width, int Height) _planned;
    private PixelPlan? _plan;
    private byte[] _source = [];
    private byte[] _combined = [];
    private byte[][] _filtered = [];
    private int _nextRow;

    /// <exception cref="EdgeException">The description breaks a rule.</exception>
    public FramePreprocessor(ImagePreprocessing spec)
    {
        ImagePreprocessor.Validate(spec);
        _spec = spec;
        _channels = spec.Channels == ChannelOrder.Gray ? 1 : 3;
        _values = new float[_channels * 256];
        _padding = new float[_channels];
        for (int c = 0; c < _channels; c++)
        {
            for (int pixel = 0; pixel < 256; pixel++)
            {
                _values[(c * 256) + pixel] = Normalize(pixel, c);
            }
            _padding[c] = Normalize(spec.PadValue, c);
        }
    }

    /// <summary>Elements of the input.</summary>
    public int Count => _spec.Width * _spec.Height * _channels;

    /// <summary>Where the last frame (or its region) lies in the input.</summary>
    public InputPlacement Placement { get; private set; }

    /// <summary>Writes the input for a whole frame.</summary>
    /// <param name="frame">Not a JPEG.</param>
    /// <param name="target">As many elements as <see cref="Count"/>.</param>
    public void Prepare(ImageFrame frame, Span<float> target) => Prepare(frame, new PixelRegion(0, 0, frame.Width, frame.Height), target);

    /// <summary>Writes the input for a part of a frame.</summary>
    /// <param name="region">Lies within the frame.</param>
    public void Prepare(ImageFrame frame, PixelRegion region, Span<float> target)
    {
        if (region.X < 0 || region.Y < 0 || region.Width < 1 || region.Height < 1 || region.X + region.Width > frame.Width || region.Y + region.Height > frame.Height)
        {
            throw new ArgumentOutOfRangeException(nameof(region), region, $"the frame has {frame.Width} x {frame.Height} pixels");
        }
        PixelPlan plan = PlanFor(region.Width, region.Height);
        if (_source.Length < (frame.Width * 3) + ResizeRows.Padding)
        {
            _source = new byte[(frame.Width * 3) + ResizeRows.Padding];
        }
        Placement = plan.Placement;
        _nextRow = 0;
        for (int y = 0; y < _spec.Height; y++)
        {
            int fitted = y - plan.Top;
            if (fitted < 0 || fitted >= plan.FittedHeight || plan.VisibleWidth == 0)
            {
                Pad(target, y, 0, _spec.Width);
                continue;
            }
            ReadOnlySpan<byte> pixels = CombineRow(frame, region, plan, fitted);
            Pad(target, y, 0, plan.VisibleLeft);
            Write(pixels, plan, y, target);
            Pad(target, y, plan.VisibleLeft + plan.VisibleWidth, _spec.Width);
        }
    }

    private PixelPlan PlanFor(int width, int height)
    {
        if (_plan is null || _planned != (width, height))
        {
            _plan = new PixelPlan(_spec, width, height);
            _planned = (width, height);
            int row = (_plan.VisibleWidth * _channels) + ResizeRows.Padding;
            _filtered = [.. Enumerable.Range(0, _plan.Vertical.MostTaps).Select(_ => new byte[row])];
            _combined = new byte[_plan.VisibleWidth * _channels];
        }
        return _plan;
    }

    /// <summary>One row of the fitted image, between the columns that the input shows.</summary>
    private ReadOnlySpan<byte> CombineRow(ImageFrame frame, PixelRegion region, PixelPlan plan, int fitted)
    {
        ReadOnlySpan<int> weights = plan.Vertical.Weights(fitted);
        int start = plan.Vertical.Starts[fitted];
        for (_nextRow = Math.Max(_nextRow, start); _nextRow < start + weights.Length; _nextRow++)
        {
            FilterRow(frame, region, plan, _nextRow);
        }
        int used = plan.VisibleWidth * _channels;
        if (plan.KeepsHeight)
        {
            return _filtered[start % _filtered.Length].AsSpan(0, used);
        }
        ResizeRows.AcrossRows(_filtered, start, weights, _combined);
        return _combined;
    }

    private void FilterRow(ImageFrame frame, PixelRegion region, PixelPlan plan, int row)
    {
        FrameRows.ReadRgb(frame, region.Y + row, _source);
        if (_channels == 1)
        {
            FrameRows.ToGray(_source, frame.Width);
        }
        ReadOnlySpan<byte> source = _source.AsSpan(region.X * _channels);
        byte[] target = _filtered[row % _filtered.Length];
        if (plan.KeepsWidth)
        {
            source.Slice(plan.FirstColumn * _channels, plan.VisibleWidth * _channels).CopyTo(target);
        }
        else
        {
            ResizeRows.AlongRow(source, _channels, plan.Horizontal, plan.FirstColumn, plan.VisibleWidth, target);
        }
    }

    private void Write(ReadOnlySpan<byte> pixels, PixelPlan plan, int y, Span<float> target)
    {
        int at = (y * _spec.Width) + plan.VisibleLeft;
        for (int c = 0; c < _channels; c++)
        {
            int channel = _spec.Channels == ChannelOrder.Bgr ? 2 - c : c;
            ReadOnlySpan<float> values = _values.AsSpan(c * 256, 256);
            (int start, int step) = _spec.ChannelsLast ? ((at * _channels) + c, _channels) : ((c * _spec.Width * _spec.Height) + at, 1);
            for (int x = 0; x < plan.VisibleWidth; x++)
            {
                target[start + (x * step)] = values[pixels[(x * _channels) + channel]];
            }
        }
    }

    private void Pad(Span<float> target, int y, int from, int to)
    {
        for (int c = 0; c < _channels; c++)
        {
            for (int x = from; x < to; x++)
            {
                int at = (y * _spec.Width) + x;
                target[_spec.ChannelsLast ? (at * _channels) + c : (c * _spec.Width * _spec.Height) + at] = _padding[c];
            }
        }
    }

    private float Normalize(float pixel, int channel) => ((pixel * _spec.Scale) - _spec.Mean[channel]) / _spec.Std[channel];
}
