using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals;

namespace Edge.Runtime.Streaming;

/// <summary>How a detector's outputs are to be read.</summary>
public enum BoxLayout
{
    /// <summary>Scores [1,N,C] and boxes [1,N,4] as left, top, right, bottom in parts of the input's size (SSD, UltraFace). With more than one class, class 0 is the background.</summary>
    Corners,

    /// <summary>One output [1,N,5+C]: centre, size as exponents, objectness, class scores on grids of stride 8, 16 and 32 (YOLOX; Z. Ge et al., 2021).</summary>
    Yolox,
}

/// <summary>Rules for boxes.</summary>
/// <param name="Threshold">Least score, 0 to 1.</param>
/// <param name="Overlap">Boxes of one class that overlap more with a better one (intersection over union) are left out.</param>
/// <param name="Most">Most boxes, the best ones.</param>
public sealed record BoxRules(BoxLayout Layout, float Threshold, float Overlap, int Most);

/// <summary>Turns a detector's outputs into boxes on the frame: decoding, threshold, non-maximum suppression per class.</summary>
public sealed class BoxDecoder
{
    private static readonly int[] Strides = [8, 16, 32];

    private readonly BoxRules _rules;
    private readonly int _width;
    private readonly int _height;
    private readonly int _scores;
    private readonly int _boxes;
    private readonly int _rows;
    private readonly int _columns;

    /// <param name="outputs">Type and shape of the model's outputs, in order.</param>
    /// <param name="width">Of the model's input, in pixels.</param>
    /// <exception cref="EdgeException">The outputs do not fit the layout.</exception>
    public BoxDecoder(BoxRules rules, IReadOnlyList<TensorInfo> outputs, int width, int height)
    {
        _rules = rules;
        _width = width;
        _height = height;
        int[][] shapes = [.. outputs.Select(o => o.Type == DataType.F32 && o.IsKnown ? o.KnownShape.ToArray() : [])];
        if (rules.Layout == BoxLayout.Corners)
        {
            _boxes = Array.FindLastIndex(shapes, s => s is [1, > 0, 4]);
            _scores = Array.FindIndex(shapes, s => s is [1, > 0, > 0] && _boxes >= 0 && s[1] == shapes[_boxes][1] && !ReferenceEquals(s, shapes[_boxes]));
        }
        else
        {
            int cells = Strides.Sum(s => width / s * (height / s));
            _boxes = _scores = Array.FindIndex(shapes, s => s is [1, > 0, > 5] && s[1] == cells);
        }
        if (_boxes < 0 || _scores < 0)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the model's outputs {string.Join(", ", outputs)} do not fit the box layout '{rules.Layout}' for an input of {width} x {height}", "choose another layout, or another model");
        }
        _rows = shapes[_scores][1];
        _columns = shapes[_scores][2];
    }

    /// <summary>Output that holds the scores, and the one that holds the boxes.</summary>
    public (int Scores, int Boxes) Outputs => (_scores, _boxes);

    /// <summary>Decodes one frame.</summary>
    /// <param name="scores">Values of the output with the scores.</param>
    /// <param name="boxes">Values of the output with the boxes; the same one for YOLOX.</param>
    /// <param name="placement">Where the frame lies in the input.</param>
    public FoundBox[] Decode(ReadOnlySpan<float> scores, ReadOnlySpan<float> boxes, InputPlacement placement, IReadOnlyList<string> labels)
    {
        var candidates = new List<FoundBox>();
        int first = _rules.Layout == BoxLayout.Corners ? (_columns > 1 ? 1 : 0) : 5;
        for (int row = 0; row < _rows; row++)
        {
            ReadOnlySpan<float> values = scores.Slice(row * _columns, _columns);
            float objectness = _rules.Layout == BoxLayout.Yolox ? values[4] : 1;
            if (!(objectness >= _rules.Threshold))
            {
                continue;
            }
            for (int c = first; c < _columns; c++)
            {
                float score = values[c] * objectness;
                if (score >= _rules.Threshold)
                {
                    int index = c - first;
                    candidates.Add(Place(row, boxes, placement) with { Index = index, Label = index < labels.Count ? labels[index] : null, Score = score });
                }
            }
        }
        return Suppress(candidates, _rules.Overlap, _rules.Most);
    }

    /// <summary>Greedy non-maximum suppression within each class: the best box stays, those that overlap it go.</summary>
    public static FoundBox[] Suppress(List<FoundBox> candidates, float overlap, int most)
    {
        var kept = new List<FoundBox>();
        foreach (FoundBox candidate in candidates.OrderByDescending(c => c.Score))
        {
            if (kept.Count == most)
            {
                break;
            }
            if (kept.TrueForAll(k => k.Index != candidate.Index || IntersectionOverUnion(k, candidate) <= overlap))
            {
                kept.Add(candidate);
            }
        }
        return [.. kept];
    }

    /// <summary>Common area by united area; 0 where there is none.</summary>
    public static float IntersectionOverUnion(FoundBox a, FoundBox b)
    {
        float width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        float height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        if (!(width > 0 && height > 0))
        {
            return 0;
        }
        float common = width * height;
        return common / (((a.Right - a.Left) * (a.Bottom - a.Top)) + ((b.Right - b.Left) * (b.Bottom - b.Top)) - common);
    }

    private FoundBox Place(int row, ReadOnlySpan<float> boxes, InputPlacement placement)
    {
        double left, top, right, bottom;
        if (_rules.Layout == BoxLayout.Corners)
        {
            ReadOnlySpan<float> box = boxes.Slice(row * 4, 4);
            (left, top, right, bottom) = (box[0] * _width, box[1] * _height, box[2] * _width, box[3] * _height);
        }
        else
        {
            ReadOnlySpan<float> box = boxes.Slice(row * _columns, 4);
            (int x, int y, int stride) = Cell(row);
            (double centreX, double centreY) = ((box[0] + x) * stride, (box[1] + y) * stride);
            (double halfWidth, double halfHeight) = (Math.Exp(box[2]) * stride / 2, Math.Exp(box[3]) * stride / 2);
            (left, top, right, bottom) = (centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, centreY + halfHeight);
        }
        (left, top) = placement.ToImage(left, top);
        (right, bottom) = placement.ToImage(right, bottom);
        return new FoundBox((float)left, (float)top, (float)right, (float)bottom, 0, null, 0);
    }

    /// <summary>The grid cell of a row, and its stride.</summary>
    private (int X, int Y, int Stride) Cell(int row)
    {
        foreach (int stride in Strides)
        {
            int columns = _width / stride;
            int cells = columns * (_height / stride);
            if (row < cells)
            {
                return (row % columns, row / columns, stride);
            }
            row -= cells;
        }
        throw new ArgumentOutOfRangeException(nameof(row));
    }
}
