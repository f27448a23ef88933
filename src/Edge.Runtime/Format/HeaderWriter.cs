using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Google.Protobuf;

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
            Provenance = Provenance(model.Provenance),
        };
        header.Labels.Add(model.Labels);
        header.Statistics.Add(model.Statistics.Select(Statistics));
        // Samples are read only for a check of the device: pages of their own.
        sections.Close();
        header.Goldens.Add(model.Goldens.Where(GoldenFormat.IsWhole).Select(g => GoldenFormat.Write(g, sections)));
        header.BriefSamples.Add(model.Goldens.Where(g => !GoldenFormat.IsWhole(g)).Select(g => GoldenFormat.WriteBrief(g, model.Graph, sections)));
        header.Sections.Add(sections.Describe());
        return header;
    }

    private static Wire.Graph Graph(Graph graph, SectionBuilder sections)
    {
        var indexes = new Dictionary<Value, uint>();
        var wire = new Wire.Graph { Name = graph.Name };
        HashSet<Value> implied = [.. graph.Nodes.SelectMany(ImpliedScales).Where(v => !graph.IsOutput(v))];
        foreach (Value value in graph.Values())
        {
            indexes.Add(value, (uint)indexes.Count);
            wire.Values.Add(new Wire.Value
            {
                Name = value.Name,
                Info = Info(implied.Contains(value) ? value.Info with { Quant = null } : value.Info),
                Constant = value.Constant is { } constant ? sections.Place(constant) : null,
            });
        }
        wire.Nodes.Add(graph.Nodes.Select(n => Node(n, indexes)));
        wire.Inputs.Add(graph.Inputs.Select(v => indexes[v]));
        wire.Outputs.Add(graph.Outputs.Select(v => indexes[v]));
        return wire;
    }

    /// <summary>The results of a node whose scales and zero points follow from its attributes and inputs: readers infer them.</summary>
    private static IEnumerable<Value> ImpliedScales(Node node)
    {
        if (node.Outputs.All(o => o.Info.Quant is null))
        {
            return [];
        }
        TensorInfo[] infos = node.Operator.InferOutputs(new OperatorInputs(node.Inputs, node.Outputs.Count));
        return node.Outputs.Where((o, i) => o.Info.Quant is { } stored && infos[i].Quant is { } inferred
            && stored.Axis == inferred.Axis && stored.Scales.AsSpan().SequenceEqual(inferred.Scales) && stored.ZeroPoints.AsSpan().SequenceEqual(inferred.ZeroPoints));
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

    public static Wire.TensorInfo Info(TensorInfo info)
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

    private static Wire.Provenance Provenance(Provenance provenance)
    {
        string digest = provenance.SourceSha256;
        var wire = new Wire.Provenance { Writer = provenance.Writer, Source = provenance.Source, Producer = provenance.Producer };
        if (digest.Length == 2 * SHA256.HashSizeInBytes && digest.All(char.IsAsciiHexDigitLower))
        {
            wire.SourceDigest = ByteString.CopyFrom(Convert.FromHexString(digest));
        }
        else
        {
            wire.SourceSha256 = digest;
        }
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
