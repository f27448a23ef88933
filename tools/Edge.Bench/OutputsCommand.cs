using System.CommandLine;
using Edge.Convert.Cli;
using Edge.Convert.Onnx;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Signals;

namespace Edge.Bench;

/// <summary><c>edge-bench outputs</c>: what a model computes for many samples, as .npy stacks; ONNX files are run by ONNX Runtime.</summary>
internal sealed class OutputsCommand : Command
{
    private readonly Argument<string> _model = new("MODEL") { Description = "An .edge file, run by Edge, or an ONNX file, run by ONNX Runtime." };
    private readonly Option<string> _data = new("--data") { Description = "Samples of the input: a folder of images or .npy files, or a .npy stack.", HelpName = "DIR|FILE.npy", Required = true };
    private readonly Option<string> _preprocess = new("--preprocess") { Description = "How images become the input, where the model does not say.", HelpName = "FILE.json" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "Files to write: PREFIX-0.npy is the stack of output 0, and so on.", HelpName = "PREFIX", Required = true };

    public OutputsCommand()
        : base("outputs", "Writes what a model computes for many samples.")
    {
        Arguments.Add(_model);
        foreach (Option option in new Option[] { _data, _preprocess, _output })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        ImagePreprocessing? image = result.GetValue(_preprocess) is { } file ? PreprocessFile.Read(file).Image : null;
        string data = result.GetRequiredValue(_data);
        Tensor[][] outputs;
        if (Path.GetExtension(path) == ".onnx")
        {
            TensorInfo[] inputs = [.. OnnxImporter.Import(path, new ImportOptions()).Graph.Inputs.Select(v => v.Info)];
            using var peer = new OrtSession(path, 1);
            outputs = [.. CalibrationFiles.Read(data, inputs, image, null, int.MaxValue).Select(s => peer.Run(s))];
        }
        else
        {
            EdgeModel model = EdgeModel.Open(path);
            using InferenceSession session = model.CreateSession(new SessionOptions { Threads = 1 });
            outputs = [.. CalibrationFiles.Read(data, [.. model.Inputs.Select(v => v.Info)], image ?? model.Image, model.Signal, int.MaxValue).Select(s => session.Run(s))];
        }
        for (int i = 0; i < outputs[0].Length; i++)
        {
            NpyFile.Write(FormattableString.Invariant($"{result.GetRequiredValue(_output)}-{i}.npy"), Stack([.. outputs.Select(o => o[i])], path));
        }
        return 0;
    }

    /// <summary>Results of one shape along a new first axis.</summary>
    private static Tensor Stack(Tensor[] results, string path)
    {
        if (results.Any(r => r.Info != results[0].Info))
        {
            throw new EdgeException(EdgeError.BadInputFile, "an output has another shape for every sample, and shapes that differ make no stack", "choose a model whose outputs have fixed shapes", path);
        }
        Tensor stack = Tensor.Allocate(results[0].Type, new Shape([results.Length, .. results[0].Shape.ToArray()]));
        int bytes = results[0].ByteSpan().Length;
        for (int i = 0; i < results.Length; i++)
        {
            results[i].ByteSpan().CopyTo(stack.ByteSpan()[(i * bytes)..]);
        }
        return stack;
    }
}
