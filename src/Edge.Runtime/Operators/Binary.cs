using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>One function of two elements, with NumPy broadcasting. The kind is the function's name.</summary>
public sealed partial record Binary(BinaryFunction Function) : Operator
{
    /// <param name="name">A name in <see cref="BinaryFunctions.All"/>.</param>
    public Binary(string name)
        : this(BinaryFunctions.Find(name))
    {
    }

    /// <summary>Applied to the result; float32 Add, Sub, Mul, Div, Max and Min only.</summary>
    public Activation Activation { get; init; }

    public override string Kind => Function.Name;

    public override int[] Parameters => Function.Name is "Add" or "Sub" or "Mul" or "Div" ? [0, 1] : Function.Name == "PRelu" ? [1] : [];

    /// <summary>How a file names this function.</summary>
    public static OperatorEntry Entry(BinaryFunction function) => new(function.Name, reader => new Binary(function)
    {
        Activation = reader.Activation(),
    });

    public override void WriteAttributes(AttributeWriter writer) => writer.Activation(Activation);

    public override bool CanRunInPlace(int index) => !Function.IsComparison;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 1);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        Function.Table.Prepare(Problem(request.Inputs, request.Inputs[0].Layout, request.Inputs[1].Layout), request.Query);

    /// <summary>Operands of the output's shape in blocks where one comes so; what is broadcast stays planar.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        var layouts = new Layout[2];
        bool isGiven = false;
        for (int i = 0; i < layouts.Length; i++)
        {
            bool isWhole = request.Inputs.Shape(i) == request.OutputShape() && request.Inputs.Constant(i) is null;
            layouts[i] = isWhole ? Layout.Blocked8 : Layout.Planar;
            isGiven |= isWhole && request.Inputs[i].Layout == Layout.Blocked8;
        }
        return isGiven && Function.Table.HasFastRow(Problem(request.Inputs, layouts[0], layouts[1]), request.Query)
            ? new LayoutChoice(layouts, Layout.Blocked8)
            : LayoutChoice.Planar(layouts.Length);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        DataType type = inputs.Type(0);
        if (inputs.Type(1) != type)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"the inputs are {type.Name()} and {inputs.Type(1).Name()}, expected one type");
        }
        if (!Function.Accepts(type))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{Kind} is not defined for {type.Name()}");
        }
        if (Activation.Kind != ActivationKind.None && (Function.IsComparison || !type.IsFloat()))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{Kind} of {type.Name()} cannot apply the activation {Activation}");
        }
        Shape shape = Broadcast.TryCombine(inputs.Shape(0), inputs.Shape(1)) ?? throw new EdgeException(
            EdgeError.ShapeMismatch, $"the shapes {inputs.Shape(0)} and {inputs.Shape(1)} do not broadcast", "aligned at the last axis, dimensions must be equal or 1");
        return [new TensorInfo(Function.ResultType(type), shape)];
    }

    private BinaryProblem Problem(in OperatorInputs inputs, Layout layoutA, Layout layoutB) =>
        new(inputs.Type(0), inputs.Shape(0), inputs.Shape(1), Activation, layoutA, layoutB);
}
