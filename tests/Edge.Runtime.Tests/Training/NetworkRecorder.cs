using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Tests.Training;

/// <summary>
/// Builds the networks of <c>tools/zoo/training_fixtures.py</c> as graphs: parameters are made from the same seed, in the order
/// in which a network asks for them.
/// </summary>
internal sealed class NetworkRecorder(int seed)
{
    private int _names;

    public Graph Graph { get; } = new("network");

    public List<Value> Parameters { get; } = [];

    /// <summary>Uniform in [-1, 1): SplitMix64 with the given start, the upper 24 bits of each number.</summary>
    public static float[] Uniform(int count, ulong start)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            ulong z = start + ((ulong)(i + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            values[i] = (((z ^ (z >> 31)) >> 40) * (2f / (1 << 24))) - 1;
        }
        return values;
    }

    public static Value Build(NetworkRecorder net, string name, Value x) => name switch
    {
        "lenet5" => LeNet(net, x),
        "resnet18" => ResNet(net, x, false, 64, 2),
        "se_resnet" => ResNet(net, x, true, 16, 1),
        "googlenet" => GoogLeNet(net, x),
        "ecg" => Ecg(net, x),
        _ => throw new ArgumentException(name),
    };

    public static int[] InputDims(string name) => name switch
    {
        "lenet5" => [4, 1, 32, 32],
        "googlenet" => [2, 3, 48, 48],
        "ecg" => [3, 1, 187],
        _ => [2, 3, 64, 64],
    };

    public Value Add(Operator op, params IReadOnlyList<Value?> inputs) => Graph.Add($"n{_names++}", op, inputs);

    public Value Relu(Value x) => Add(new Unary("Relu"), x);

    public Value Conv(Value x, int channels, int[] kernel, int stride = 1, int pad = 0, int dilation = 1, int group = 1)
    {
        int inputs = x.Info.KnownShape[1] / group;
        Value w = Make([channels, inputs, .. kernel], MathF.Sqrt(3f / (inputs * kernel.Aggregate(1, (a, b) => a * b))));
        int rank = kernel.Length;
        return Add(
            new Conv { Strides = Many(stride, rank), Pads = Many(pad, 2 * rank), Dilations = Many(dilation, rank), Group = group }, x, w, Make([channels], 0.1f));
    }

    public Value Linear(Value x, int size)
    {
        Value w = Make([size, x.Info.KnownShape[1]], MathF.Sqrt(3f / x.Info.KnownShape[1]));
        return Add(new Gemm { TransB = true }, x, w, Make([size], 0.1f));
    }

    public Value Norm(Value x)
    {
        int channels = x.Info.KnownShape[1];
        Value scale = Make([channels], 0.3f, 1);
        Value bias = Make([channels], 0.1f);
        Value mean = Graph.AddConstant($"mean{_names}", Tensor.Allocate(DataType.F32, new Shape(channels)));
        Value variance = Graph.AddConstant($"variance{_names}", Tensor.Allocate(DataType.F32, new Shape(channels)));
        string name = $"n{_names++}";
        return Graph.AddNode(name, new BatchNorm { Training = true }, [x, scale, bias, mean, variance], [name, $"{name}/mean", $"{name}/variance"]).Outputs[0];
    }

    public Value MaxPool(Value x, int kernel, int stride, int pad = 0, bool ceil = false) =>
        Add(new MaxPool { Kernel = [kernel, kernel], Strides = [stride, stride], Pads = Many(pad, 4), Dilations = [1, 1], CeilMode = ceil }, x);

    private static Value LeNet(NetworkRecorder net, Value x)
    {
        x = net.MaxPool(net.Relu(net.Conv(x, 6, [5, 5])), 2, 2);
        x = net.MaxPool(net.Relu(net.Conv(x, 16, [5, 5])), 2, 2);
        x = net.Relu(net.Linear(net.Add(new Flatten(), x), 120));
        return net.Linear(net.Relu(net.Linear(x, 84)), 10);
    }

    private static Value Residual(NetworkRecorder net, Value x, int channels, int stride, bool squeeze)
    {
        Value y = net.Relu(net.Norm(net.Conv(x, channels, [3, 3], stride, 1)));
        y = net.Norm(net.Conv(y, channels, [3, 3], 1, 1));
        if (squeeze)
        {
            Value z = net.Relu(net.Conv(net.Add(new GlobalAveragePool(), y), channels / 4, [1, 1]));
            y = net.Add(new Binary("Mul"), y, net.Add(new Unary("Sigmoid"), net.Conv(z, channels, [1, 1])));
        }
        if (stride != 1 || x.Info.KnownShape[1] != channels)
        {
            x = net.Norm(net.Conv(x, channels, [1, 1], stride));
        }
        return net.Relu(net.Add(new Binary("Add"), x, y));
    }

    private static Value ResNet(NetworkRecorder net, Value x, bool squeeze, int width, int blocks)
    {
        x = net.Relu(net.Norm(net.Conv(x, width, [7, 7], 2, 3)));
        x = net.MaxPool(x, 3, 2, 1);
        for (int stage = 0; stage < 4; stage++)
        {
            for (int block = 0; block < blocks; block++)
            {
                x = Residual(net, x, width << stage, stage > 0 && block == 0 ? 2 : 1, squeeze);
            }
        }
        return net.Linear(net.Add(new Flatten(), net.Add(new GlobalAveragePool(), x)), 10);
    }

    private static Value GoogLeNet(NetworkRecorder net, Value x)
    {
        x = net.Relu(net.Conv(x, 16, [7, 7], 2, 3));
        x = net.Add(new LocalResponseNorm { Size = 5, Alpha = 0.5f, Beta = 0.75f, Bias = 1 }, net.MaxPool(x, 3, 2, ceil: true));
        foreach (int[] sizes in new int[][] { [8, 8, 12, 4, 6, 6], [12, 10, 16, 4, 8, 8] })
        {
            Value a = net.Relu(net.Conv(x, sizes[0], [1, 1]));
            Value b = net.Relu(net.Conv(net.Relu(net.Conv(x, sizes[1], [1, 1])), sizes[2], [3, 3], 1, 1));
            Value c = net.Relu(net.Conv(net.Relu(net.Conv(x, sizes[3], [1, 1])), sizes[4], [5, 5], 1, 2));
            Value d = net.Relu(net.Conv(net.MaxPool(x, 3, 1, 1), sizes[5], [1, 1]));
            x = net.Add(new Concat { Axis = 1 }, a, b, c, d);
        }
        int side = x.Info.KnownShape[2];
        x = net.Add(new AveragePool { Kernel = [side, side], Strides = [side, side], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, x);
        return net.Linear(net.Add(new Flatten(), x), 10);
    }

    private static Value Ecg(NetworkRecorder net, Value x)
    {
        x = net.Add(new Unary("LeakyRelu") { Alpha = 0.1f }, net.Norm(net.Conv(x, 16, [15], 2, 7)));
        foreach (int dilation in new[] { 1, 2, 4 })
        {
            Value y = net.Add(new Unary("Elu"), net.Norm(net.Conv(x, 16, [7], 1, 3 * dilation, dilation)));
            x = net.Add(new Binary("Add"), x, net.Conv(y, 16, [7], 1, 3, group: 4));
            x = net.Add(new AveragePool { Kernel = [2], Strides = [2], Pads = [0, 0], Dilations = [1] }, x);
        }
        return net.Linear(net.Add(new Reduce("Mean") { Axes = [2], KeepDims = false }, x), 5);
    }

    private static int[] Many(int value, int count) => [.. Enumerable.Repeat(value, count)];

    private Value Make(int[] dims, float scale, float offset = 0)
    {
        var shape = new Shape(dims);
        float[] values = Uniform((int)shape.Count, ((ulong)seed * 1000) + (ulong)Parameters.Count);
        Value parameter = Graph.AddVariable($"p{Parameters.Count}", Tensor.From<float>(shape, [.. values.Select(v => (v * scale) + offset)]));
        Parameters.Add(parameter);
        return parameter;
    }
}
