using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Einstein's sum of products, as NumPy writes it: <c>bij,bjk->bik</c>.</summary>
public sealed record Einsum : Operator
{
    public const string Name = "Einsum";

    /// <summary>Labels of each operand, and of the output after <c>-></c>; without it, the labels that occur once, sorted.</summary>
    public required string Equation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Einsum { Equation = reader.Text("equation", "") };

    public override void WriteAttributes(AttributeWriter writer) => writer.Text("equation", Equation, "");

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        EinsumTerms terms = Parse(request.Inputs, out int[] sizes);
        return EinsumKernels.Table.Prepare(new EinsumProblem(sizes, terms.OutputCount, Strides(request.Inputs, terms), request.Inputs.Type(0)), request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        Parse(request.Inputs, out int[] sizes);
        return new Cost(new Shape(sizes).Count, Cost.TotalBytes(request));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, Limits.MaxRank);
        for (int i = 0; i < inputs.Count; i++)
        {
            MovementRules.RequireSameType(inputs, 0, i);
        }
        EinsumTerms terms = Parse(inputs, out int[] sizes);
        // The work is the product of all sizes: it has to be countable, too.
        _ = new Shape(sizes).Count;
        return [new TensorInfo(inputs.Type(0), new Shape(sizes.AsSpan(0, terms.OutputCount)))];
    }

    private EinsumTerms Parse(in OperatorInputs inputs, out int[] sizes)
    {
        var shapes = new Shape[inputs.Count];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = inputs.Shape(i);
        }
        EinsumTerms terms = EinsumTerms.Parse(Equation, shapes);
        sizes = terms.Sizes(Equation, shapes);
        return terms;
    }

    /// <summary>Stride of every label in every operand: a label that stands at two axes walks the diagonal.</summary>
    private static long[][] Strides(in OperatorInputs inputs, EinsumTerms terms)
    {
        var result = new long[inputs.Count][];
        for (int operand = 0; operand < result.Length; operand++)
        {
            result[operand] = new long[terms.LabelCount];
            Shape shape = inputs.Shape(operand);
            long[] strides = shape.Strides();
            for (int axis = 0; axis < strides.Length; axis++)
            {
                result[operand][terms.Operands[operand][axis]] += shape[axis] == 1 ? 0 : strides[axis];
            }
        }
        return result;
    }
}
