using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>One function of each element. The kind is the function's name.</summary>
public sealed record Unary : Operator
{
    public Unary(UnaryFunction function)
    {
        Function = function;
        Alpha = function.DefaultAlpha;
        Beta = function.DefaultBeta;
    }

    /// <param name="name">A name in <see cref="UnaryFunctions.All"/>.</param>
    public Unary(string name)
        : this(UnaryFunctions.Find(name))
    {
    }

    public UnaryFunction Function { get; }

    /// <summary>First parameter of the function.</summary>
    public float Alpha { get; init; }

    /// <summary>Second parameter of the function.</summary>
    public float Beta { get; init; }

    public override string Kind => Function.Name;

    /// <summary>How a file names this function.</summary>
    public static OperatorEntry Entry(UnaryFunction function) => new(function.Name, reader => new Unary(function)
    {
        Alpha = reader.Float("alpha", function.DefaultAlpha),
        Beta = reader.Float("beta", function.DefaultBeta),
    });

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Float("alpha", Alpha, Function.DefaultAlpha);
        writer.Float("beta", Beta, Function.DefaultBeta);
    }

    /// <summary>The activation that a kernel could apply in this operator's place, or null.</summary>
    public Activation? AsActivation() => Function.Activation switch
    {
        ActivationKind.None => null,
        ActivationKind.Silu when Alpha != 1 => null,
        ActivationKind.Silu => new Activation(ActivationKind.Silu),
        var kind => new Activation(kind, Alpha, Beta),
    };

    /// <summary>The operator that computes <paramref name="activation"/>, which is one: the inverse of <see cref="AsActivation"/>.</summary>
    public static Unary Of(Activation activation)
    {
        var op = new Unary(Array.Find(UnaryFunctions.All, f => f.Activation == activation.Kind) ?? throw new ArgumentException($"{activation} is no function", nameof(activation)));
        // Silu's steepness is no part of its activation.
        return activation.Kind == ActivationKind.Silu ? op : op with { Alpha = activation.Alpha, Beta = activation.Beta };
    }

    public override bool CanRunInPlace(int index) => !Function.IsPredicate;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 1);

    /// <summary>All elements in memory are mapped, unused lanes included.</summary>
    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        long count = request.Inputs[0].Layout.Elements(request.Inputs.Shape(0));
        return Function.Table.Prepare(new UnaryProblem(request.Inputs.Type(0), count, Alpha, Beta), request.Query);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    /// <summary>dx = dy * f'(x). Functions that are constant between jumps have the gradient 0.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (Function.Name is "Ceil" or "Floor" or "Round" or "Sign")
        {
            return;
        }
        if (Function.GradientTable is null)
        {
            throw GradientRules.Missing($"{Kind} has no gradient rule");
        }
        Value source = Function.SlopeFrom == SlopeSource.Argument ? context.Input(0) : context.Output();
        context.Give(0, context.Add(new UnaryGradient(Function) { Alpha = Alpha, Beta = Beta }, context.Gradient, source));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        DataType type = inputs.Type(0);
        return Function.Accepts(type)
            ? [new TensorInfo(Function.ResultType(type), inputs.Shape(0))]
            : throw new EdgeException(EdgeError.TypeMismatch, $"{Kind} is not defined for {type.Name()}");
    }
}
