using System.Diagnostics;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Google.Protobuf;
using Wire = Edge.Runtime.Format.Wire;

namespace Edge.Runtime.Tests.Format;

/// <summary>Headers that are well-formed, carry a correct digest, and lie.</summary>
public class HostileHeaderTests
{
    private const long MemoryLimit = 256 << 20;

    private static readonly byte[] File = EdgeWriter.WriteToArray(SampleModels.Full());

    private static readonly Dictionary<string, (Action<Wire.Header> Change, string Words)> Cases = new()
    {
        ["no graph"] = (h => h.Graph = null, "no graph"),
        ["no outputs"] = (h => h.Graph.Outputs.Clear(), "no outputs"),
        ["huge dimensions"] = (h => SetDims(h, 100_000, 1_000_000), "2 GiB"),
        ["dimensions whose product overflows"] = (h => SetDims(h, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue), "2 GiB"),
        ["dimension beyond 32 bits"] = (h => SetDims(h, 1L << 40), "dimension 1099511627776"),
        ["negative dimension"] = (h => SetDims(h, -1), "dimension -1"),
        ["rank 100"] = (h => SetDims(h, [.. Enumerable.Repeat(1L, 100)]), "rank 100"),
        ["unknown type"] = (h => h.Graph.Values[0].Info.Type = (Wire.DataType)99, "type number 99"),
        ["type beyond 8 bits"] = (h => h.Graph.Values[0].Info.Type = (Wire.DataType)257, "type number 257"),
        ["negative type"] = (h => h.Graph.Values[0].Info.Type = (Wire.DataType)(-1), "type number -1"),
        ["input of no type"] = (h => h.Graph.Values[0].Info.Type = Wire.DataType.Unknown, "no known type"),
        ["input of no shape"] = (h => h.Graph.Values[0].Info.Shape = null, "no known type and shape"),
        ["value without info"] = (h => h.Graph.Values[0].Info = null, "no type"),
        ["unknown layout"] = (h => h.Graph.Values[0].Info.Layout = (Wire.Layout)1, "layout number 1"),
        ["too few dimension names"] = (h => h.Graph.Values[0].Info.Shape.Symbols.Add("batch"), "1 names for 3 dimensions"),
        ["scale of zero"] = (h => h.Graph.Values[0].Info.Quantization.Scales[0] = 0, "scale"),
        ["scale not a number"] = (h => h.Graph.Values[0].Info.Quantization.Scales[0] = float.NaN, "scale"),
        ["quantization axis out of range"] = (h => h.Graph.Values[0].Info.Quantization.Axis = 3, "axis 3"),
        ["too few zero points"] = (h => h.Graph.Values[0].Info.Quantization.ZeroPoints.Clear(), "0 zero points"),
        ["input index out of range"] = (h => h.Graph.Inputs[0] = 1000, "value 1000"),
        ["input index 2^32-1"] = (h => h.Graph.Inputs[0] = uint.MaxValue, "value 4294967295"),
        ["input listed twice"] = (h => h.Graph.Inputs.Add(h.Graph.Inputs[0]), "second time"),
        ["constant as input"] = (h => h.Graph.Inputs.Add(h.Graph.Nodes[1].Inputs[0] - 1), "second time"),
        ["output index out of range"] = (h => h.Graph.Outputs[0] = uint.MaxValue, "value 4294967295"),
        ["node reads a value out of range"] = (h => h.Graph.Nodes[0].Inputs[0] = uint.MaxValue, "reads value"),
        ["node reads itself"] = (h => h.Graph.Nodes[0].Inputs[0] = h.Graph.Nodes[0].Outputs[0] + 1, "before it is computed"),
        ["cycle of two nodes"] = (h => Swap(h), "before it is computed"),
        ["node defines an input"] = (h => h.Graph.Nodes[0].Outputs[0] = h.Graph.Inputs[0], "second time"),
        ["two nodes define a value"] = (h => h.Graph.Nodes[1].Outputs[0] = h.Graph.Nodes[0].Outputs[0], "second time"),
        ["node defines a value twice"] = (h => h.Graph.Nodes[0].Outputs.Add(h.Graph.Nodes[0].Outputs[0]), "2 outputs"),
        ["node without outputs"] = (h => h.Graph.Nodes[0].Outputs.Clear(), "no outputs"),
        ["node without inputs"] = (h => h.Graph.Nodes[0].Inputs.Clear(), "0 inputs"),
        ["node with an absent input"] = (h => h.Graph.Nodes[0].Inputs[0] = 0, "input 0 is missing"),
        ["node with 70000 inputs"] = (h => h.Graph.Nodes[0].Inputs.Add(Enumerable.Repeat(0u, 70_000)), "70001 inputs"),
        ["value without origin"] = (h => h.Graph.Values.Add(new Wire.Value { Info = h.Graph.Values[0].Info.Clone() }), "neither an input"),
        ["unknown operator"] = (h => h.Graph.Nodes[0].Kind = "FormatDisk", "unknown"),
        ["unknown attribute"] = (h => h.Graph.Nodes[0].Attributes.Add(new Wire.Attribute { Name = "x", Int = 1 }), "attribute x"),
        ["attribute twice"] = (h => h.Graph.Nodes[0].Attributes.Add(h.Graph.Nodes[0].Attributes[0]), "twice"),
        ["attribute of the wrong kind"] = (h => h.Graph.Nodes[0].Attributes[0].Text = "0,2,1", "permutation"),
        ["attribute without a value"] = (h => h.Graph.Nodes[0].Attributes[0].ClearValue(), "no value"),
        ["attribute missing"] = (h => h.Graph.Nodes[0].Attributes.Clear(), "permutation"),
        ["attribute out of range"] = (h => h.Graph.Nodes[0].Attributes[0].Ints.Values[0] = 7, "permutation"),
        ["attribute beyond 32 bits"] = (h => h.Graph.Nodes[0].Attributes[0].Ints.Values[0] = long.MinValue, "32 bits"),
        ["stored shape is not the inferred one"] = (h => ComputedShape(h).Dims[1] = 4, "the file says"),
        ["stored type is not the inferred one"] = (h => h.Graph.Values[(int)h.Graph.Nodes[0].Outputs[0]].Info.Type = Wire.DataType.U8, "the file says"),
        ["constant of another length"] = (h => Constant(h).Length -= 4, "bytes"),
        ["constant in no section"] = (h => Constant(h).Section = uint.MaxValue, "section 4294967295"),
        ["constant at an odd offset"] = (h => Constant(h).Offset = 4, "multiple of 64"),
        ["constant beyond its section"] = (h => Constant(h).Offset = 1 << 20, "its section has"),
        ["constant at an offset that overflows"] = (h => Constant(h).Offset = ulong.MaxValue - 63, "its section has"),
        ["sections overlap"] = (h => h.Sections[1].Offset = 0, "follow each other"),
        ["gap between sections"] = (h => h.Sections[1].Offset += 64, "follow each other"),
        ["section beyond the file"] = (h => h.Sections[0].Length = 1UL << 62, "beyond the end"),
        ["section length that overflows"] = (h => h.Sections[0].Length = ulong.MaxValue - 63, "beyond the end"),
        ["section of an odd length"] = (h => h.Sections[0].Length -= 1, "multiple of 64"),
        ["section missing"] = (h => h.Sections.RemoveAt(h.Sections.Count - 1), "follow the last section"),
        ["sections missing"] = (h => h.Sections.Clear(), "follow the last section"),
        ["short section hash"] = (h => h.Sections[0].Sha256 = ByteString.CopyFrom(1, 2, 3), "hash of 3 bytes"),
        ["too many sections"] = (h => h.Sections.Add(Enumerable.Repeat(new Wire.Section(), 70_000)), "sections"),
        ["image of no size"] = (h => h.Image.Width = 0, "image size"),
        ["image too large"] = (h => h.Image.Height = uint.MaxValue, "image size"),
        ["unknown resize mode"] = (h => h.Image.Resize = (Wire.ResizeMode)9, "resize mode 9"),
        ["unknown interpolation"] = (h => h.Image.Interpolation = (Wire.Interpolation)(-3), "interpolation -3"),
        ["unknown channel order"] = (h => h.Image.Channels = 0, "channel order 0"),
        ["standard deviation of zero"] = (h => h.Image.Std[1] = 0, "standard deviations"),
        ["too few means"] = (h => h.Image.Mean.RemoveAt(0), "2 means"),
        ["crop ratio of zero"] = (h => h.Image.CropRatio = 0, "crop ratio"),
        ["crop ratio not a number"] = (h => h.Image.CropRatio = float.NaN, "crop ratio"),
        ["pad value out of range"] = (h => h.Image.PadValue = 256, "pad value"),
        ["signal hop of zero"] = (h => h.Signal.Hop = 0, "window"),
        ["negative sample rate"] = (h => h.Signal.SampleRate = -360, "sample rate"),
        ["infinite filter"] = (h => h.Signal.LowPass = float.PositiveInfinity, "filter"),
        ["window before the beat"] = (h => h.Signal.BeforeBeat = h.Signal.Window, "before the beat"),
        ["golden sample with too few inputs"] = (h => h.Goldens[0].Inputs.Clear(), "0 tensors"),
        ["golden sample of another shape"] = (h => h.Goldens[0].Outputs[0].Info.Shape.Dims.Add(1), "the graph says"),
        ["golden sample without a place"] = (h => h.Goldens[0].Inputs[0].Blob = null, "no place"),
        ["golden sample with a negative tolerance"] = (h => h.Goldens[0].Tolerance = -1, "tolerance"),
        ["brief sample with too few inputs"] = (h => h.BriefSamples.Add(new Wire.BriefSample()), "0 tensors"),
        ["brief sample with an input from nowhere"] = (h => Brief(h).Inputs[0].Generated = null, "either stored or generated"),
        ["brief sample with two inputs in one"] = (h => Brief(h).Inputs[0].Stored = new Wire.Blob(), "either stored or generated"),
        ["brief sample with a stored input beyond the file"] = (h => Brief(h).Inputs[0] = new Wire.BriefInput { Stored = new Wire.Blob { Section = 99, Length = 6 } }, "section 99"),
        ["brief sample of an unknown generator"] = (h => Brief(h).Inputs[0].Generated.Generator = 2, "generator 2"),
        ["brief sample of an endless range"] = (h => Brief(h).Inputs[0].Generated.High = float.PositiveInfinity, "between"),
        ["brief sample of an empty range"] = (h => Brief(h).Inputs[0].Generated.Low = 2, "between 2 and 1"),
        ["brief sample of another shape"] = (h => Brief(h).Outputs[0].Info.Shape.Dims.Add(1), "the graph says"),
        ["brief sample with too few values"] = (h => Brief(h).Outputs[0].Values = ByteString.CopyFrom(1, 2), "2 bytes of values"),
        ["brief sample with a stride beyond 31 bits"] = (h => Brief(h).Outputs[0].Stride = uint.MaxValue, "stride 4294967295"),
        ["brief sample with a negative magnitude"] = (h => Brief(h).Outputs[0].Largest = -1, "largest magnitude of -1"),
        ["brief sample with a short digest"] = (h => Brief(h).Outputs[0].Sha256 = ByteString.CopyFrom(1), "digest of 1 bytes"),
        ["too many golden samples"] = (h => h.Goldens.Add(Enumerable.Repeat(h.Goldens[0], 2000)), "golden samples"),
        ["statistics not a range"] = (h => h.Statistics[0].Min = float.NaN, "range"),
        ["histogram beyond 63 bits"] = (h => h.Statistics[0].Histogram[0] = ulong.MaxValue, "63 bits"),
        ["bool that is neither 0 nor 1"] = (h => BoolOverWeights(h), "neither 0 nor 1"),
        ["long name"] = (h => h.Graph.Nodes[0].Name = new string('x', Limits.MaxName + 1), "65537 characters"),
        ["long label"] = (h => h.Labels[0] = new string('x', Limits.MaxName + 1), "65537 characters"),
        ["3 million labels"] = (h => h.Labels.Add(Enumerable.Repeat("", 3_000_000)), "more than"),
        ["20 million histogram bins"] = (h => h.Statistics[0].Histogram.Add(Enumerable.Repeat(0UL, 20_000_000)), "numbers"),
    };

    /// <summary>Adds a brief sample of the one that is there: legal as it is.</summary>
    private static Wire.BriefSample Brief(Wire.Header header)
    {
        Wire.GoldenSample whole = header.Goldens[0];
        var brief = new Wire.BriefSample { Name = "brief" };
        brief.Inputs.Add(new Wire.BriefInput { Generated = new Wire.GeneratedValues { Generator = 1, Low = -1, High = 1 } });
        brief.Outputs.Add(whole.Outputs.Select(o => new Wire.BriefOutput { Info = o.Info.Clone(), Values = ByteString.CopyFrom(new byte[(int)o.Blob.Length]) }));
        header.BriefSamples.Add(brief);
        return brief;
    }

    [Fact]
    public void TheBriefSampleIsLegalByItself() => Assert.Equal(2, EdgeReader.Read(ForgedFile.Change(File, h => Brief(h))).Goldens.Count);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void LieIsRefused(string name)
    {
        byte[] forged = ForgedFile.Change(File, Cases[name].Change);

        var error = Assert.Throws<EdgeException>(() => EdgeReader.Read(forged));

        Assert.Contains(Cases[name].Words, error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Error, new[] { EdgeError.FileInvalid, EdgeError.TooLarge });
    }

    /// <summary>2^31 nodes cannot be stored, but a field can claim any length, and 30 million empty nodes take 60 MB.</summary>
    [Fact]
    public void MillionsOfEmptyNodesAreRefusedWithinLimits()
    {
        // Field 1 of the header (graph): field 3 (node) with length 0, over and over.
        var nodes = new byte[60_000_000];
        for (int i = 0; i < nodes.Length; i += 2)
        {
            nodes[i] = 0x1A;
        }
        RequireQuickRefusal(Nested(1, nodes), EdgeError.TooLarge);
    }

    [Fact]
    public void LengthBeyondTheHeaderIsRefused() =>
        RequireQuickRefusal([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], EdgeError.FileInvalid);

    [Fact]
    public void DeepNestingIsRefusedOrSkipped()
    {
        // Groups, which no version of the format uses, then messages inside an unknown field.
        RequireQuickRefusal([.. Enumerable.Repeat((byte)0x0B, 1_000_000)], EdgeError.FileInvalid);
        byte[] nested = [];
        for (int i = 0; i < 5_000; i++)
        {
            nested = Nested(1, nested);
        }
        RequireQuickRefusal(nested, EdgeError.FileInvalid);
    }

    [Fact]
    public void GarbageIsRefused()
    {
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            var header = new byte[random.Next(200)];
            random.NextBytes(header);
            Assert.NotNull(ForgedFile.Try(ForgedFile.WithHeader(File, header)));
        }
    }

    private static void RequireQuickRefusal(byte[] header, EdgeError expected)
    {
        byte[] forged = ForgedFile.WithHeader(File, header);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        var error = Assert.Throws<EdgeException>(() => EdgeReader.Read(forged));
        Assert.Equal(expected, error.Error);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MemoryLimit, "memory");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), "time");
    }

    private static byte[] Nested(int field, byte[] content)
    {
        using var stream = new MemoryStream();
        var output = new CodedOutputStream(stream);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength(content.Length);
        output.Flush();
        stream.Write(content);
        return stream.ToArray();
    }

    private static void SetDims(Wire.Header header, params long[] dims)
    {
        header.Graph.Values[0].Info.Quantization = null;
        header.Graph.Values[0].Info.Shape.Dims.Clear();
        header.Graph.Values[0].Info.Shape.Dims.Add(dims);
    }

    /// <summary>The first node reads what the second computes, and the other way round.</summary>
    private static void Swap(Wire.Header header)
    {
        header.Graph.Nodes[0].Inputs[0] = header.Graph.Nodes[1].Outputs[0] + 1;
        header.Graph.Nodes[1].Inputs[0] = header.Graph.Nodes[0].Outputs[0] + 1;
    }

    private static Wire.Shape ComputedShape(Wire.Header header) => header.Graph.Values[(int)header.Graph.Nodes[0].Outputs[0]].Info.Shape;

    private static Wire.Blob Constant(Wire.Header header) => header.Graph.Values.First(v => v.Name == "weights").Constant;

    private static void BoolOverWeights(Wire.Header header)
    {
        Wire.Value flag = header.Graph.Values.First(v => v.Name == "flag");
        flag.Constant = Constant(header).Clone();
        flag.Constant.Length = 24;
        flag.Info.Shape.Dims.Add(24);
    }
}
