using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Runtime.Operators;
using Wire = Edge.Runtime.Format.Wire;

namespace Edge.Runtime.Tests.Format;

/// <summary>Numbers and names that stand in files. A line may be added here, never changed.</summary>
public class PersistedNumbersTests
{
    [Fact]
    public void NumbersStayWhatTheyAre()
    {
        RequireNumbers<DataType>("Unknown=0 F32=1 F16=2 F64=3 S8=4 U8=5 S16=6 U16=7 S32=8 U32=9 S64=10 U64=11 Bool=12");
        RequireNumbers<ActivationKind>("None=0 Relu=1 LeakyRelu=2 Clip=3 Sigmoid=4 Tanh=5 HardSwish=6 HardSigmoid=7 Silu=8");
        RequireNumbers<ResizeMode>("Stretch=1 Crop=2 Letterbox=3 Pad=4");
        RequireNumbers<Interpolation>("Nearest=1 Bilinear=2 Bicubic=3");
        RequireNumbers<ChannelOrder>("Rgb=1 Bgr=2 Gray=3");
    }

    [Fact]
    public void HeaderUsesTheSameNumbers()
    {
        RequireSame<DataType, Wire.DataType>();
        RequireSame<ResizeMode, Wire.ResizeMode>();
        RequireSame<Interpolation, Wire.Interpolation>();
        RequireSame<ChannelOrder, Wire.ChannelOrder>();
    }

    [Fact]
    public void EveryKindOfAttributeSurvives()
    {
        object[] values = [0L, long.MinValue, long.MaxValue, 0f, -0f, float.NaN, float.Epsilon, "", "mode – 漢", Array.Empty<long>(), new[] { -1L, long.MaxValue }, Array.Empty<float>(), new[] { 1f, float.NegativeInfinity }];
        foreach (object value in values)
        {
            Wire.Attribute stored = Wire.Attribute.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(WireAttributes.Write(new StoredAttribute("name", value))));
            StoredAttribute read = WireAttributes.Read(stored);
            Assert.Equal("name", read.Name);
            Assert.Equal(value.GetType(), read.Value.GetType());
            Assert.Equal(value, read.Value);
        }
    }

    /// <summary>The scan of a header has its own short list of messages; it must name every one that edge.proto has.</summary>
    [Fact]
    public void ScanKnowsEveryMessageOfTheHeader() => RequireScanned(Wire.Header.Descriptor, HeaderScan.Header);

    private static void RequireScanned(Google.Protobuf.Reflection.MessageDescriptor message, HeaderScan.Level level)
    {
        foreach (Google.Protobuf.Reflection.FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            bool isMessage = field.FieldType == Google.Protobuf.Reflection.FieldType.Message;
            bool isText = field.FieldType == Google.Protobuf.Reflection.FieldType.String;
            if (isMessage && Repeats(field.MessageType))
            {
                Assert.True(level.Find(field.FieldNumber) is not null, $"{field.FullName} is not scanned");
                RequireScanned(field.MessageType, level.Find(field.FieldNumber)!);
            }
            Assert.True(!field.IsRepeated || !(isMessage || isText) || level.Find(field.FieldNumber) is not null, $"{field.FullName} is not counted");
            bool isVariable = !isMessage && !isText && field.FieldType is not (Google.Protobuf.Reflection.FieldType.Float or Google.Protobuf.Reflection.FieldType.Bytes);
            Assert.True(!field.IsRepeated || !isVariable || level.Packed.Contains(field.FieldNumber), $"{field.FullName} is not counted");
        }
    }

    private static bool Repeats(Google.Protobuf.Reflection.MessageDescriptor message) =>
        message.Fields.InDeclarationOrder().Any(f => (f.IsRepeated && f.FieldType != Google.Protobuf.Reflection.FieldType.Float)
            || (f.FieldType == Google.Protobuf.Reflection.FieldType.Message && Repeats(f.MessageType)));

    private static void RequireNumbers<T>(string expected) where T : struct, Enum =>
        Assert.Equal(expected, string.Join(' ', Enum.GetValues<T>().Select(v => FormattableString.Invariant($"{v}={System.Convert.ToInt64(v, null)}"))));

    private static void RequireSame<T, TWire>() where T : struct, Enum where TWire : struct, Enum =>
        Assert.Equal(
            Enum.GetValues<T>().Select(v => (v.ToString(), System.Convert.ToInt64(v, null))).Where(v => v.Item2 > 0),
            Enum.GetValues<TWire>().Select(v => (v.ToString(), System.Convert.ToInt64(v, null))).Where(v => v.Item2 > 0));
}
