using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Lower;

/// <summary>
/// Makes a graph compute in float32 what it declares in another float type: constants are converted, inputs of that type are
/// cast after they come in and outputs before they go out, and Cast operators to that type become casts to float32. A value
/// that the model rounds to the narrow type in between (a Cast there and back) keeps its float32 precision.
/// </summary>
internal sealed class FloatLowering
{
    private readonly Graph _graph;
    private readonly DataType _from;
    private int _lowered;

    private FloatLowering(Graph graph, DataType from)
    {
        _graph = graph;
        _from = from;
    }

    /// <summary>Lowers all values of type <paramref name="from"/>.</summary>
    /// <returns>Number of values that are float32 now.</returns>
    public static int Lower(Graph graph, DataType from)
    {
        if (graph.Nodes.Count == 0 || graph.Values().All(v => v.Info.Type != from))
        {
            return 0;
        }
        var lowering = new FloatLowering(graph, from);
        bool[] declared = [.. graph.Outputs.Select(o => o.Info.Type == from)];
        lowering.ConvertConstants();
        lowering.CastInputs();
        foreach (Node node in graph.Nodes.ToArray())
        {
            lowering.LowerNode(node);
        }
        lowering.CastOutputs(declared);
        return lowering._lowered;
    }

    private void ConvertConstants()
    {
        foreach (Value constant in _graph.Values().Where(v => v.IsConstant && v.Info.Type == _from && v.Consumers.Count > 0).ToArray())
        {
            constant.ReplaceReads(_graph.AddConstant(constant.Name, ToF32(constant.Constant!)));
            _lowered++;
        }
    }

    private void CastInputs()
    {
        foreach (Value input in _graph.Inputs.Where(v => v.Info.Type == _from && v.Consumers.Count > 0))
        {
            CastReads(input, _graph.Nodes[0]);
        }
    }

    /// <summary>Infers the node again; where it makes the type by itself (an attribute says so), a Cast follows.</summary>
    private void LowerNode(Node node)
    {
        if (node.Operator is Cast cast && cast.To == _from)
        {
            node.Operator = new Cast(DataType.F32);
        }
        TensorInfo[] infos = Infer(node);
        for (int i = 0; i < infos.Length; i++)
        {
            Value output = node.Outputs[i];
            _lowered += output.Info.Type == _from && infos[i].Type == DataType.F32 ? 1 : 0;
            output.Info = infos[i];
            if (infos[i].Type == _from && output.Consumers.Count > 0)
            {
                int next = _graph.PositionOf(node) + 1;
                CastReads(output, next < _graph.Nodes.Count ? _graph.Nodes[next] : null);
            }
        }
    }

    private void CastReads(Value value, Node? before)
    {
        string name = $"{value.Name}/f32";
        Node cast = _graph.AddNode(name, new Cast(DataType.F32), [value], [name], before);
        value.ReplaceReads(cast.Outputs[0], except: cast);
        _lowered++;
    }

    private void CastOutputs(bool[] declared)
    {
        var casts = new Dictionary<Value, Value>();
        for (int i = 0; i < declared.Length; i++)
        {
            Value value = _graph.Outputs[i];
            if (!declared[i] || value.Info.Type != DataType.F32)
            {
                continue;
            }
            if (!casts.TryGetValue(value, out Value? output))
            {
                string name = value.Name;
                value.Name = $"{name}/f32";
                output = _graph.Add(name, new Cast(_from), [value]);
                casts.Add(value, output);
            }
            _graph.SetOutput(i, output);
        }
    }

    private static TensorInfo[] Infer(Node node)
    {
        try
        {
            return node.Operator.InferOutputs(new OperatorInputs(node.Inputs, node.Outputs.Count));
        }
        catch (EdgeException exception)
        {
            throw exception.At(node.Place);
        }
    }

    private static Tensor ToF32(Tensor tensor)
    {
        Tensor result = Tensor.Allocate(DataType.F32, tensor.Shape);
        double[] source = tensor.ToDouble();
        Span<float> values = result.Span<float>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)source[i];
        }
        return result;
    }
}
