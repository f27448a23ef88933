using System.CommandLine;
using System.Globalization;
using Edge.Bench;
using Edge.Kernels.Tensors;

var models = new Argument<string[]>("models") { Description = "ONNX files, or folders of them", Arity = ArgumentArity.OneOrMore };
var shapes = new Option<string[]>("--input-shape") { Description = "NAME=1,3,224,224 for inputs with open dimensions" };
var output = new Option<string?>("--output", "-o") { Description = "Markdown file to write" };
var accuracy = new Command("accuracy", "Compares results with ONNX Runtime on every model") { models, shapes, output };
accuracy.SetAction(result => AccuracyCommand.Run(result.GetRequiredValue(models), ParseShapes(result.GetValue(shapes) ?? []), result.GetValue(output)));
return new RootCommand("Side-by-side comparison of Edge with ONNX Runtime") { accuracy }.Parse(args).Invoke();

static Dictionary<string, Shape> ParseShapes(string[] texts) =>
    texts.Select(t => t.Split('=', 2)).ToDictionary(p => p[0], p => new Shape([.. p[1].Split(',').Select(d => int.Parse(d, CultureInfo.InvariantCulture))]));
