using System.CommandLine;
using Edge.Commands;
using Edge.Convert.Cli;

var root = new ConvertCommand();
var examples = new Dictionary<Command, string[]>
{
    [root] =
    [
        "edge-convert model.onnx",
        "edge-convert model.onnx -o model.edge --input-shape input=1,3,224,224",
        "edge-convert model.onnx --labels labels.txt --preprocess preprocess.json",
        "edge-convert model.onnx --check --json",
    ],
};
return CommandLineApp.Run(root, examples, args);
