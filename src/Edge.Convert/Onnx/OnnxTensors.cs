using System.Buffers.Binary;
using System.Globalization;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Onnx;

/// <summary>Turns ONNX tensors into <see cref="Tensor"/>: raw, typed and external data.</summary>
internal sealed class OnnxTensors(string modelFolder)
{
    /// <summary>The element type that an ONNX number stands for.</summary>
    /// <param name="onnxType">TensorProto.DataType.</param>
    /// <param name="place">Named in the error.</param>
    public static DataType ToDataType(int onnxType, string place) => onnxType switch
    {
        1 => DataType.F32,
        2 => DataType.U8,
        3 => DataType.S8,
        4 => DataType.U16,
        5 => DataType.S16,
        6 => DataType.S32,
        7 => DataType.S64,
        9 => DataType.Bool,
        10 => DataType.F16,
        11 => DataType.F64,
        12 => DataType.U32,
        13 => DataType.U64,
        _ => throw new EdgeException(EdgeError.UnsupportedType, $"element type {TypeName(onnxType)} is not supported", "export the model with float32, float16 or integer tensors", place),
    };

    /// <exception cref="EdgeException">Type, dimensions and data do not agree.</exception>
    public Tensor Read(TensorProto proto, string place)
    {
        if (proto.Segment is not null)
        {
            throw new EdgeException(EdgeError.UnsupportedUse, "the tensor is stored in segments", "export the model again", place);
        }
        DataType type = ToDataType(proto.DataType, place);
        Shape shape = ReadShape(proto, type, place);
        Tensor tensor = proto.DataLocation == TensorProto.Types.DataLocation.External
            ? ReadExternal(proto, type, shape, place)
            : proto.HasRawData ? ReadRaw(proto.RawData.Span, type, shape, place) : ReadTyped(proto, type, shape, place);
        return tensor;
    }

    private static string TypeName(int onnxType) => onnxType switch
    {
        0 => "undefined",
        8 => "string",
        14 => "complex64",
        15 => "complex128",
        16 => "bfloat16",
        17 or 18 or 19 or 20 => "float8",
        21 => "uint4",
        22 => "int4",
        23 => "float4",
        _ => string.Create(CultureInfo.InvariantCulture, $"number {onnxType}"),
    };

    private static Shape ReadShape(TensorProto proto, DataType type, string place)
    {
        if (proto.Dims.Count > Limits.MaxRank)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the tensor has rank {proto.Dims.Count}, at most {Limits.MaxRank} is supported", place: place);
        }
        var dims = new int[proto.Dims.Count];
        Int128 count = 1;
        for (int i = 0; i < dims.Length; i++)
        {
            long dim = proto.Dims[i];
            if (dim is < 0 or > int.MaxValue)
            {
                throw new EdgeException(EdgeError.OnnxBadTensor, $"dimension {i} is {dim}, expected 0 to {int.MaxValue}", "the file is damaged or was not written by an ONNX exporter", place);
            }
            dims[i] = (int)dim;
            count = Int128.Min(count * dim, (Int128)1 << 80);
        }
        return count * type.Size() <= Limits.MaxTensorBytes
            ? new Shape(dims)
            : throw new EdgeException(EdgeError.TooLarge, $"dimensions {new Shape(dims)} of {type.Name()} are more than 2 GiB, the limit of one tensor", place: place);
    }

    private static unsafe Tensor ReadRaw(ReadOnlySpan<byte> raw, DataType type, Shape shape, string place)
    {
        long expected = shape.Count * type.Size();
        if (raw.Length != expected)
        {
            throw new EdgeException(EdgeError.OnnxBadTensor, $"raw_data has {raw.Length} bytes, {type.Name()}{shape} needs {expected}", "the file is damaged: export it again", place);
        }
        Tensor tensor = Tensor.Allocate(type, shape);
        raw.CopyTo(tensor.ByteSpan());
        Normalize(tensor);
        return tensor;
    }

    /// <summary>Bytes of a bool other than 0 and 1 become 1.</summary>
    private static void Normalize(Tensor tensor)
    {
        if (tensor.Type == DataType.Bool)
        {
            foreach (ref byte b in tensor.Span<byte>())
            {
                b = b == 0 ? (byte)0 : (byte)1;
            }
        }
    }

    private static Tensor ReadTyped(TensorProto proto, DataType type, Shape shape, string place)
    {
        int given = type switch
        {
            DataType.F32 => proto.FloatData.Count,
            DataType.F64 => proto.DoubleData.Count,
            DataType.S64 => proto.Int64Data.Count,
            DataType.U32 or DataType.U64 => proto.Uint64Data.Count,
            _ => proto.Int32Data.Count,
        };
        if (given != shape.Count)
        {
            throw new EdgeException(EdgeError.OnnxBadTensor, $"{given} values are stored, {type.Name()}{shape} needs {shape.Count}", "the file is damaged: export it again", place);
        }
        Tensor tensor = Tensor.Allocate(type, shape);
        for (int i = 0; i < given; i++)
        {
            Span<byte> target = tensor.ByteSpan()[(i * type.Size())..];
            switch (type)
            {
                case DataType.F32: BinaryPrimitives.WriteSingleLittleEndian(target, proto.FloatData[i]); break;
                case DataType.F64: BinaryPrimitives.WriteDoubleLittleEndian(target, proto.DoubleData[i]); break;
                case DataType.S64: BinaryPrimitives.WriteInt64LittleEndian(target, proto.Int64Data[i]); break;
                case DataType.U64: BinaryPrimitives.WriteUInt64LittleEndian(target, proto.Uint64Data[i]); break;
                case DataType.U32: BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)proto.Uint64Data[i]); break;
                case DataType.S32: BinaryPrimitives.WriteInt32LittleEndian(target, proto.Int32Data[i]); break;
                case DataType.F16 or DataType.S16 or DataType.U16: BinaryPrimitives.WriteInt16LittleEndian(target, (short)proto.Int32Data[i]); break;
                default: target[0] = (byte)proto.Int32Data[i]; break;
            }
        }
        Normalize(tensor);
        return tensor;
    }

    private Tensor ReadExternal(TensorProto proto, DataType type, Shape shape, string place)
    {
        string? location = Entry(proto, "location");
        if (string.IsNullOrEmpty(location))
        {
            throw new EdgeException(EdgeError.OnnxExternalData, "external data names no location", "export the model again", place);
        }
        if (!ExternalPath.TryResolve(modelFolder, location, out string path))
        {
            throw new EdgeException(EdgeError.OnnxExternalData, $"external data '{location}' lies outside the model's folder", "put the data file beside the model", place);
        }
        long offset = Number(proto, "offset", 0, place);
        long expected = shape.Count * type.Size();
        long length = Number(proto, "length", expected, place);
        if (length != expected)
        {
            throw new EdgeException(EdgeError.OnnxExternalData, $"external data has length {length}, {type.Name()}{shape} needs {expected}", "export the model again", place);
        }
        return ReadFile(path, location, offset, type, shape, place);
    }

    private static Tensor ReadFile(string path, string location, long offset, DataType type, Shape shape, string place)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            long bytes = shape.Count * type.Size();
            if (offset < 0 || offset > file.Length || file.Length - offset < bytes)
            {
                throw new EdgeException(EdgeError.OnnxExternalData, $"external data '{location}' has {file.Length} bytes, the tensor needs {bytes} at offset {offset}", "copy the whole data file beside the model", place);
            }
            Tensor tensor = Tensor.Allocate(type, shape);
            file.Position = offset;
            file.ReadExactly(tensor.ByteSpan());
            Normalize(tensor);
            return tensor;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.OnnxExternalData, $"external data '{location}' cannot be read: {exception.Message}", "put the data file beside the model", place, exception);
        }
    }

    private static string? Entry(TensorProto proto, string key) => proto.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private static long Number(TensorProto proto, string key, long defaultValue, string place)
    {
        string? text = Entry(proto, key);
        if (text is null)
        {
            return defaultValue;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new EdgeException(EdgeError.OnnxExternalData, $"external data has {key} '{text}', expected a number of bytes", "export the model again", place);
    }
}
