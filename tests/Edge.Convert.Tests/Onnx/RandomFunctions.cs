using Edge.Convert.Onnx.Wire;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Convert.Tests.Onnx;

/// <summary>
/// A random model of functions that call each other, with names that clash on purpose, attributes given and defaulted, and
/// outputs that are inputs or the same value twice. Every operator keeps the values in the range of the inputs and is exact.
/// </summary>
internal sealed class RandomFunctions(int seed)
{
    private const int Inputs = 3;
    private readonly Random _random = new(seed);
    private readonly List<FunctionProto> _functions = [];

    /// <summary>Inputs a0, a1, a2 f32[4], output y.</summary>
    public ModelProto Make()
    {
        for (int i = 0; i < 6; i++)
        {
            string[] inputs = [.. Enumerable.Range(0, _random.Next(1, Inputs + 1)).Select(k => $"a{k}")];
            NodeProto[] body = Body(inputs, out List<string> values, inFunction: true);
            FunctionProto function = OnnxModels.Function($"F{i}", inputs, [Pick(values), Pick(values)], body);
            function.AttributeProto.Add(OnnxModels.Float("slope", 0.25f));
            _functions.Add(function);
        }
        string[] graphInputs = [.. Enumerable.Range(0, Inputs).Select(k => $"a{k}")];
        NodeProto[] nodes = Body(graphInputs, out List<string> all, inFunction: false);
        return OnnxModels.Model(
            [.. graphInputs.Select(n => OnnxModels.Input(n, OnnxModels.F32, 4))],
            [.. nodes, OnnxModels.Node("Max", [all[^1], all[^2]], "y")]).With([.. _functions]);
    }

    private NodeProto[] Body(string[] inputs, out List<string> values, bool inFunction)
    {
        var defined = new List<string>(inputs);
        var nodes = new List<NodeProto>();
        for (int count = _random.Next(3, 7); nodes.Count < count;)
        {
            string output = $"v{nodes.Count}";
            NodeProto node = _functions.Count > 0 && _random.Next(2) == 0 ? Call(defined, output, inFunction) : Operator(defined, output, inFunction);
            if (_random.Next(3) == 0)
            {
                node.ClearName();
            }
            nodes.Add(node);
            defined.AddRange(node.Output.Where(o => o.Length > 0));
        }
        values = defined;
        return [.. nodes];
    }

    private NodeProto Call(List<string> defined, string output, bool inFunction)
    {
        FunctionProto function = _functions[_random.Next(_functions.Count)];
        NodeProto call = OnnxModels.Call(function.Name, [.. function.Input.Select(_ => Pick(defined))], output, [.. Slope("slope", inFunction)]);
        if (_random.Next(2) == 0)
        {
            call.Output.Add($"{output}b");
        }
        if (_random.Next(6) == 0 && call.Output.Count == 2)
        {
            call.Output[0] = "";
        }
        return call;
    }

    private NodeProto Operator(List<string> defined, string output, bool inFunction) => _random.Next(5) switch
    {
        0 => OnnxModels.Node("Max", [Pick(defined), Pick(defined)], output),
        1 => OnnxModels.Node("Min", [Pick(defined), Pick(defined)], output),
        2 => OnnxModels.Node("Neg", [Pick(defined)], output),
        3 => OnnxModels.Node("Abs", [Pick(defined)], output),
        _ => OnnxModels.Node("LeakyRelu", [Pick(defined)], output, [.. Slope("alpha", inFunction)]),
    };

    /// <summary>No attribute, one with a value, or one that refers to an attribute of the function around.</summary>
    private AttributeProto[] Slope(string name, bool inFunction) => _random.Next(3) switch
    {
        0 => [],
        1 when inFunction => [new AttributeProto { Name = name, RefAttrName = "slope", Type = AttributeProto.Types.AttributeType.Float }],
        _ => [OnnxModels.Float(name, _random.Next(2) == 0 ? 0.5f : 0.125f)],
    };

    private string Pick(List<string> values) => values[_random.Next(values.Count)];
}
