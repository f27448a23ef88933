using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>Reduces some axes to one value each. The kind is Reduce and the function's name.</summary>
public sealed record Reduce(ReduceFunction Function) : Operator
{
    /// <param name="name">A name in <see cref="ReduceFunctions.All"/>: Sum, Mean, Max, ...</param>
    public Reduce(string name)
        : this(ReduceFunctions.Find(name))
    {
    }

    /// <summary>Axes in [0, rank), rising. Empty: every element is a set of its own.</summary>
    public required int[] Axes { get; init; }

    /// <summary>Whether reduced axes stay with length 1.</summary>
    public bool KeepDims { get; init; } = true;

    public override string Kind => $"Reduce{Function.Name}";

    /// <summary>How a file names this reduction.</summary>
    public static OperatorEntry Entry(ReduceFunction function) => new($"Reduce{function.Name}", reader => new Reduce(function)
    {
        Axes = reader.RequiredInts("axes"),
        KeepDims = reader.Flag("keep_dims", true),
    });

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("axes", Axes);
        writer.Flag("keep_dims", KeepDims, true);
    }

    public override Cost EstimateCost(in KernelRequest request) => new(request.Inputs.Shape(0).Count / 2, Cost.TotalBytes(request));

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        Function.Table.Prepare(new ReduceProblem(request.Inputs.Type(0), request.Inputs.Shape(0), Axes), request.Query);

    /// <summary>Sum and mean: every element of a set gets the gradient of the result, or its share.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (Function.Name is not ("Sum" or "Mean"))
        {
            throw GradientRules.Missing($"{Kind} has no gradient rule");
        }
        Shape shape = context.InputShape(0);
        int[] kept = shape.ToArray();
        Array.ForEach(Axes, axis => kept[axis] = 1);
        Value gradient = context.Reshape(context.Gradient, new Shape(kept));
        if (Function.Name == "Mean")
        {
            gradient = context.Multiply(gradient, context.Scalar(context.OutputShape().Count / (double)Math.Max(1, shape.Count)));
        }
        context.Give(0, context.Add(new Expand { Dims = shape.ToArray() }, gradient));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape shape = inputs.Shape(0);
        AxisRules.Require(Axes, shape);
        if (!Function.Accepts(inputs.Type(0)))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{Kind} is not defined for {inputs.Type(0).Name()}");
        }
        var dims = new List<int>();
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!Axes.Contains(axis))
            {
                dims.Add(shape[axis]);
            }
            else if (KeepDims)
            {
                dims.Add(1);
            }
        }
        return [new TensorInfo(inputs.Type(0), new Shape([.. dims]))];
    }
}
