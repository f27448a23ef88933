using Edge.Convert.Onnx.Wire;
using Edge.Runtime.Diagnostics;
using Google.Protobuf;

namespace Edge.Convert.Onnx;

/// <summary>An ONNX file as read from disk, before it is understood.</summary>
internal sealed record OnnxFile(string Path, ModelProto Model)
{
    /// <summary>The newest operator set of ONNX whose operators the importers were written for.</summary>
    public const int NewestOpset = 27;

    /// <summary>Folder in which external data may lie.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)) ?? ".";

    /// <summary>The version of the default operator set that the model asks for.</summary>
    public int Opset => DefaultOpset(Model.OpsetImport, 1);

    /// <summary>The version of the default operator set in a list of imports, or <paramref name="otherwise"/> where it is not there.</summary>
    public static int DefaultOpset(IEnumerable<OperatorSetIdProto> imports, int otherwise) =>
        (int)Math.Clamp(imports.Where(o => IsDefaultDomain(o.Domain)).Select(o => o.Version).DefaultIfEmpty(otherwise).Max(), 1, int.MaxValue);

    /// <summary>ONNX's own operators; the name has two spellings.</summary>
    public static bool IsDefaultDomain(string domain) => domain is "" or "ai.onnx";

    /// <exception cref="EdgeException">The file is missing, too large, or no ONNX model.</exception>
    public static OnnxFile Open(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (file.Length > int.MaxValue)
            {
                throw new EdgeException(EdgeError.TooLarge, $"the file has {file.Length} bytes, protobuf allows 2 GiB", "export the weights as external data", path);
            }
            if (file.Length == 0)
            {
                throw new EdgeException(EdgeError.OnnxMalformed, "the file is empty", "copy or export it again", path);
            }
            var input = CodedInputStream.CreateWithLimits(file, int.MaxValue, 64);
            var model = new ModelProto();
            model.MergeFrom(input);
            return model.Graph is null
                ? throw new EdgeException(EdgeError.OnnxMalformed, "the file holds no graph", "check that it is an ONNX model", path)
                : new OnnxFile(path, model);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new EdgeException(EdgeError.OnnxMalformed, $"the file is not a well-formed ONNX model: {exception.Message}", "check that it is an ONNX model and complete", path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.OnnxUnreadable, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    /// <exception cref="EdgeException">The file cannot be written, or the model has more than the 2 GiB of a protobuf.</exception>
    public static void Write(ModelProto model, string path)
    {
        try
        {
            using FileStream file = File.Create(path);
            model.WriteTo(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or OverflowException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the ONNX file cannot be written: {exception.Message}", "check the path, the permissions and the space", path, exception);
        }
    }
}
