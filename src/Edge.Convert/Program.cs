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
        "edge-convert model.onnx --int8 --calibrate photos/ --preprocess preprocess.json",
        "edge-convert compare model.edge model-int8.edge --data samples.npy --expected classes.txt",
    ],
};
return CommandLineApp.Run(root, examples, args);
