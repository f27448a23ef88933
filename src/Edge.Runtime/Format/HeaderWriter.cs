using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Format;

/// <summary>Turns a <see cref="ModelFile"/> into the message of edge.proto and hands its tensors to the sections.</summary>
internal static class HeaderWriter
{
    public static Wire.Header Write(ModelFile model, SectionBuilder sections)
    {
        var header = new Wire.Header
        {
            Graph = Graph(model.Graph, sections),
            Image = model.Image is { } image ? Image(image) : null,
            Signal = model.Signal is { } signal ? Signal(signal) : null,
            Provenance = new Wire.Provenance
            {
                Writer = model.Provenance.Writer,
                Source = model.Provenance.Source,
                SourceSha256 = model.Provenance.SourceSha256,
                Producer = model.Provenance.Producer,
            },
        };
        header.Labels.Add(model.Labels);
        header.Statistics.Add(model.Statistics.Select(Statistics));
        // Samples are read only for a check of the device: pages of their own.
        sections.Close();
        header.Goldens.Add(model.Goldens.Select(g => Golden(g, sections)));
        header.Sections.Add(sections.Describe());
        return header;
    }

    private static Wire.Graph Graph(Graph graph, SectionBuilder sections)
    {
        var indexes = new Dictionary<Value, uint>();
        var wire = new Wire.Graph { Name = graph.Name };
        foreach (Value value in graph.Values())
        {
            indexes.Add(value, (uint)indexes.Count);
            wire.Values.Add(new Wire.Value
            {
                Name = value.Name,
                Info = Info(value.Info),
                Constant = value.Constant is { } constant ? sections.Place(constant) : null,
            });
        }
        wire.Nodes.Add(graph.Nodes.Select(n => Node(n, indexes)));
        wire.Inputs.Add(graph.Inputs.Select(v => indexes[v]));
        wire.Outputs.Add(graph.Outputs.Select(v => indexes[v]));
        return wire;
    }

    private static Wire.Node Node(Node node, Dictionary<Value, uint> indexes)
    {
        var attributes = new AttributeWriter();
        node.Operator.WriteAttributes(attributes);
        var wire = new Wire.Node { Name = node.Name, Kind = node.Operator.Kind };
        wire.Attributes.Add(attributes.Attributes.Select(WireAttributes.Write));
        wire.Inputs.Add(node.Inputs.Select(v => v is null ? 0 : indexes[v] + 1));
        wire.Outputs.Add(node.Outputs.Select(v => indexes[v]));
        return wire;
    }

    private static Wire.TensorInfo Info(TensorInfo info)
    {
        var wire = new Wire.TensorInfo { Type = (Wire.DataType)info.Type };
        if (info.Shape is { } shape)
        {
            wire.Shape = new Wire.Shape { Dims = { shape.ToArray().Select(d => (long)d) } };
        }
        if (info.Quant is { } quant)
        {
            wire.Quantization = new Wire.Quantization { Scales = { quant.Scales }, ZeroPoints = { quant.ZeroPoints }, Axis = quant.Axis };
        }
        return wire;
    }

    private static Wire.ImagePreprocessing Image(ImagePreprocessing image) => new()
    {
        Width = (uint)image.Width,
        Height = (uint)image.Height,
        Resize = (Wire.ResizeMode)image.Resize,
        CropRatio = image.CropRatio,
        Interpolation = (Wire.Interpolation)image.Interpolation,
        Channels = (Wire.ChannelOrder)image.Channels,
        ChannelsLast = image.ChannelsLast,
        Scale = image.Scale,
        Mean = { image.Mean },
        Std = { image.Std },
        PadValue = image.PadValue,
    };

    private static Wire.SignalPreprocessing Signal(SignalPreprocessing signal)
    {
        var wire = new Wire.SignalPreprocessing
        {
            Window = (uint)signal.Window,
            Hop = (uint)signal.Hop,
            SampleRate = signal.SampleRate,
            HighPass = signal.HighPass,
            LowPass = signal.LowPass,
            Notch = signal.Notch,
            Standardize = signal.Standardize,
        };
        if (signal.BeforeBeat is { } before)
        {
            wire.BeforeBeat = (uint)before;
        }
        return wire;
    }

    private static Wire.GoldenSample Golden(GoldenSample sample, SectionBuilder sections)
    {
        var wire = new Wire.GoldenSample { Name = sample.Name, Tolerance = sample.Tolerance };
        wire.Inputs.Add(sample.Inputs.Select(t => new Wire.Tensor { Info = Info(t.Info), Blob = sections.Place(t) }));
        wire.Outputs.Add(sample.Outputs.Select(t => new Wire.Tensor { Info = Info(t.Info), Blob = sections.Place(t) }));
        return wire;
    }

    private static Wire.ValueStatistics Statistics(ValueStatistics statistics) => new()
    {
        Value = statistics.Value,
        Min = statistics.Min,
        Max = statistics.Max,
        Mean = statistics.Mean,
        Std = statistics.Std,
        Histogram = { statistics.Histogram.Select(c => (ulong)c) },
    };
}
