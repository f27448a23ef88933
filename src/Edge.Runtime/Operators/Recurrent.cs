using Edge.Kernels.Dispatch;
using Edge.Kernels.Recurrent;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// A plain, GRU or LSTM layer as ONNX defines it. Inputs: x [T,N,I], W, R, bias, sequence lengths, initial h, and for LSTM
/// initial c and peepholes; the last five may be absent but have their places. Outputs: y [T,D,N,H], last h [D,N,H], and for
/// LSTM last c. See <see cref="RecurrentProblem"/>.
/// </summary>
public sealed record Recurrent : Operator
{
    public const string Name = "Recurrent";

    public RecurrentCell Cell { get; init; }

    /// <summary>One per direction: whether time runs backwards.</summary>
    public bool[] Reversed { get; init; } = [false];

    /// <summary>Per direction: 1 for plain cells, 2 for GRU, 3 for LSTM.</summary>
    public required CellActivation[] Activations { get; init; }

    /// <summary>Gate sums are limited to [-clip, clip]; positive.</summary>
    public float Clip { get; init; } = float.PositiveInfinity;

    /// <summary>x is [N,T,I], states [N,D,H], y [N,T,D,H].</summary>
    public bool BatchFirst { get; init; }

    public bool LinearBeforeReset { get; init; }

    public bool InputForget { get; init; }

    public override string Kind => Name;

    private int Gates => Cell switch { RecurrentCell.Plain => 1, RecurrentCell.Gru => 3, _ => 4 };

    public static Operator Read(AttributeReader reader)
    {
        int[] kinds = reader.RequiredInts("activations");
        float[] alphas = reader.RequiredFloats("alphas");
        float[] betas = reader.RequiredFloats("betas");
        if (alphas.Length != kinds.Length || betas.Length != kinds.Length || kinds.Any(k => k is < 0 or > byte.MaxValue || !Enum.IsDefined((CellActivationKind)k)))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"activations [{string.Join(',', kinds)}] with {alphas.Length} alphas and {betas.Length} betas are not valid");
        }
        return new Recurrent
        {
            Cell = reader.Enum("cell", RecurrentCell.Plain),
            Reversed = [.. reader.RequiredInts("reversed").Select(r => r != 0)],
            Activations = [.. kinds.Select((k, i) => new CellActivation((CellActivationKind)k, alphas[i], betas[i]))],
            Clip = reader.Float("clip", float.PositiveInfinity),
            BatchFirst = reader.Flag("batch_first"),
            LinearBeforeReset = reader.Flag("linear_before_reset"),
            InputForget = reader.Flag("input_forget"),
        };
    }

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("cell", (long)Cell, 0);
        writer.Ints("reversed", [.. Reversed.Select(r => r ? 1 : 0)]);
        writer.Ints("activations", [.. Activations.Select(a => (int)a.Kind)]);
        writer.Floats("alphas", [.. Activations.Select(a => a.Alpha)]);
        writer.Floats("betas", [.. Activations.Select(a => a.Beta)]);
        writer.Float("clip", Clip, float.PositiveInfinity);
        writer.Flag("batch_first", BatchFirst);
        writer.Flag("linear_before_reset", LinearBeforeReset);
        writer.Flag("input_forget", InputForget);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        var problem = new RecurrentProblem(
            Cell, request.Inputs.Type(0), x[BatchFirst ? 1 : 0], x[BatchFirst ? 0 : 1], x[2], request.Inputs.Shape(2)[2],
            Reversed, Activations, Clip, BatchFirst, LinearBeforeReset, InputForget);
        return RecurrentKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        return new Cost(x[0] * (long)x[1] * (request.Inputs.Shape(1).Count + request.Inputs.Shape(2).Count), Cost.TotalBytes(request));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        int slots = Cell == RecurrentCell.Lstm ? 8 : 6;
        inputs.RequireCount(slots, slots);
        TypeRules.RequireFloat(inputs);
        if (!(Clip > 0))
        {
            throw new EdgeException(EdgeError.BadAttribute, FormattableString.Invariant($"clip is {Clip}, expected a positive number"), "leave clip out");
        }
        Shape x = inputs.Shape(0);
        Shape r = inputs.Shape(2);
        int directions = Reversed.Length;
        if (x.Rank != 3 || r.Rank != 3 || directions is < 1 or > 2 || Activations.Length != directions * (Cell == RecurrentCell.Plain ? 1 : Cell == RecurrentCell.Gru ? 2 : 3))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"x {x}, R {r}, {directions} directions and {Activations.Length} activations do not fit", "check the layer");
        }
        int hidden = r[2];
        int batch = x[BatchFirst ? 0 : 1];
        int rows = checked(Gates * hidden);
        Shape state = BatchFirst ? new Shape(batch, directions, hidden) : new Shape(directions, batch, hidden);
        Require(inputs, 1, "W", new Shape(directions, rows, x[2]));
        Require(inputs, 2, "R", new Shape(directions, rows, hidden));
        Require(inputs, 3, "bias", new Shape(directions, checked(2 * rows)));
        Require(inputs, 4, "sequence lengths", new Shape(batch));
        Require(inputs, 5, "initial h", state);
        Require(inputs, 6, "initial c", state);
        Require(inputs, 7, "peepholes", new Shape(directions, checked(3 * hidden)));
        TensorInfo info = inputs[0];
        Shape y = BatchFirst ? new Shape(batch, x[1], directions, hidden) : new Shape(x[0], directions, batch, hidden);
        TensorInfo last = info with { Shape = state };
        return Cell == RecurrentCell.Lstm ? [info with { Shape = y }, last, last] : [info with { Shape = y }, last];
    }

    private static void Require(in OperatorInputs inputs, int index, string what, Shape expected)
    {
        if (!inputs.Has(index))
        {
            return;
        }
        DataType type = index == 4 ? DataType.S32 : inputs.Type(0);
        if (inputs.Shape(index) != expected || inputs.Type(index) != type)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} ({what}) is {inputs[index]}, expected {type.Name()}{expected}", "check the layer");
        }
    }
}
