using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Signals;

namespace Edge.Cli;

/// <summary>The inputs of one run.</summary>
/// <param name="Image">The decoded image where the input was one.</param>
internal sealed record RunInput(string[] Files, Tensor[] Tensors, PixelImage? Image);

/// <summary>Turns the files of a command line into input tensors: .npy as they are, images through the model's preprocessing.</summary>
internal sealed class InputSource(ModelFile model, InferenceSession session)
{
    /// <summary>How often the model runs: once per image; .npy files make one run together.</summary>
    /// <exception cref="EdgeException">The files do not fit the model's inputs.</exception>
    public int CountRuns(string[] files)
    {
        bool[] arrays = [.. files.Select(IsArray)];
        if (files.Length == 0 || arrays.All(a => a))
        {
            return files.Length == session.Inputs.Count ? 1 : throw new EdgeException(
                EdgeError.BadInput,
                $"{files.Length} input files are given, the model has {session.Inputs.Count} inputs: {string.Join(", ", session.Inputs.Select(i => i.ToString()))}",
                "give one .npy per input, in this order");
        }
        string image = files[Array.IndexOf(arrays, false)];
        if (model.Image is null)
        {
            throw new EdgeException(EdgeError.BadInputFile, "the file is no .npy file, and the model carries no image preprocessing", "give .npy files, or convert the model with --preprocess", image);
        }
        return !arrays.Contains(true) && session.Inputs.Count == 1 ? files.Length : throw new EdgeException(
            EdgeError.BadInputFile, "images and .npy files cannot be mixed, and a model that takes images has one input", "run them one after the other", image);
    }

    public RunInput Load(string[] files, int run)
    {
        if (files.Length == 0 || IsArray(files[0]))
        {
            return new RunInput(files, [.. files.Select(LoadArray)], null);
        }
        PixelImage image = ImageDecoder.Decode(files[run]);
        Tensor tensor = new ImagePreprocessor(model.Image!).Prepare(image, session.Inputs[0].Info);
        return new RunInput([files[run]], [tensor], image);
    }

    /// <summary>An array as it is, but float64 (NumPy's default) becomes float32 where the model takes that.</summary>
    private Tensor LoadArray(string path, int index)
    {
        Tensor tensor = NpyFile.Read(path);
        if (tensor.Type == DataType.F64 && session.Inputs[index].Info.Type == DataType.F32)
        {
            CommandLineApp.Warn($"{path} holds float64, the model takes float32: the values are rounded");
            return Tensor.From<float>(tensor.Shape, [.. tensor.ToDouble().Select(v => (float)v)]);
        }
        return tensor;
    }

    private static bool IsArray(string path)
    {
        if (Path.GetExtension(path) == ".npy")
        {
            return true;
        }
        Span<byte> start = stackalloc byte[6];
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[0] == 0x93 && start[1..].SequenceEqual("NUMPY"u8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }
}
