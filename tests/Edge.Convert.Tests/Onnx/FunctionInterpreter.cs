using Edge.Convert.Onnx.Wire;

namespace Edge.Convert.Tests.Onnx;

/// <summary>
/// Computes a model of <see cref="RandomFunctions"/> as the specification says what a call means: a scope of its own for
/// each call, nothing renamed and nothing inlined.
/// </summary>
internal sealed class FunctionInterpreter(ModelProto model)
{
    private readonly Dictionary<string, FunctionProto> _functions = model.Functions.ToDictionary(f => f.Name);

    public float[] Run(IReadOnlyDictionary<string, float[]> inputs)
    {
        var scope = new Dictionary<string, float[]>(inputs);
        Run(model.Graph.Node, scope, []);
        return scope[model.Graph.Output[0].Name];
    }

    private void Run(IEnumerable<NodeProto> nodes, Dictionary<string, float[]> scope, Dictionary<string, float> attributes)
    {
        foreach (NodeProto node in nodes)
        {
            float[][] inputs = [.. node.Input.Select(n => scope[n])];
            Dictionary<string, float> given = [];
            foreach (AttributeProto attribute in node.Attribute)
            {
                given[attribute.Name] = attribute.RefAttrName.Length > 0 ? attributes[attribute.RefAttrName] : attribute.F;
            }
            float[][] outputs = node.Domain == "local" ? Call(_functions[node.OpType], inputs, given) : [Compute(node.OpType, inputs, given)];
            for (int i = 0; i < node.Output.Count; i++)
            {
                scope[node.Output[i]] = outputs[i];
            }
        }
    }

    private float[][] Call(FunctionProto function, float[][] inputs, Dictionary<string, float> attributes)
    {
        foreach (AttributeProto attribute in function.AttributeProto)
        {
            attributes.TryAdd(attribute.Name, attribute.F);
        }
        var scope = function.Input.Zip(inputs).ToDictionary(p => p.First, p => p.Second);
        Run(function.Node, scope, attributes);
        return [.. function.Output.Select(o => scope[o])];
    }

    private static float[] Compute(string op, float[][] inputs, Dictionary<string, float> attributes) => op switch
    {
        "Max" => [.. inputs[0].Zip(inputs[1], Math.Max)],
        "Min" => [.. inputs[0].Zip(inputs[1], Math.Min)],
        "Neg" => [.. inputs[0].Select(v => -v)],
        "Abs" => [.. inputs[0].Select(Math.Abs)],
        "LeakyRelu" => [.. inputs[0].Select(v => v < 0 ? v * attributes.GetValueOrDefault("alpha", 0.01f) : v)],
        _ => throw new ArgumentException($"no test needs {op}", nameof(op)),
    };
}
