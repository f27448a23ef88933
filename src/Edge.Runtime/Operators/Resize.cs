using System.Globalization;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>How sizes are understood. The numbers are persisted: they may only grow.</summary>
public enum AspectPolicy : byte
{
    /// <summary>The output has the sizes.</summary>
    Stretch = 0,

    /// <summary>All axes get the smallest of the scales.</summary>
    NotLarger = 1,

    /// <summary>All axes get the largest of the scales.</summary>
    NotSmaller = 2,
}

/// <summary>
/// Resamples axes of x. Inputs: x, region of interest or null (starts, then ends, one each per axis), scales or null, sizes or
/// null. One of scales and sizes is given and holds one number for each axis in <see cref="Axes"/>; an empty tensor counts as
/// absent. By scales, an output length is floor(input * scale).
/// </summary>
public sealed record Resize : Operator
{
    public const string Name = "Resize";

    public ResizeRule Rule { get; init; } = new();

    /// <summary>The axes that scales, sizes and region speak of, negative ones counted from the end; null = all in order.</summary>
    public int[]? Axes { get; init; }

    public AspectPolicy Aspect { get; init; }

    public override string Kind => Name;

    private bool ReadsRegion => Rule.Coordinates == CoordinateMode.TfCropAndResize;

    public static Operator Read(AttributeReader reader) => new Resize
    {
        Rule = new ResizeRule
        {
            Mode = reader.Enum("mode", ResizeMode.Nearest),
            Coordinates = reader.Enum("coordinates", CoordinateMode.HalfPixel),
            Nearest = reader.Enum("nearest", NearestMode.RoundPreferFloor),
            CubicA = reader.Float("cubic_a", -0.75f),
            ExcludeOutside = reader.Flag("exclude_outside"),
            Antialias = reader.Flag("antialias"),
            Extrapolation = reader.Float("extrapolation", 0),
        },
        Axes = reader.Ints("axes"),
        Aspect = reader.Enum("aspect", AspectPolicy.Stretch),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("mode", (int)Rule.Mode, 0);
        writer.Int("coordinates", (int)Rule.Coordinates, 0);
        writer.Int("nearest", (int)Rule.Nearest, 0);
        writer.Float("cubic_a", Rule.CubicA, -0.75f);
        writer.Flag("exclude_outside", Rule.ExcludeOutside);
        writer.Flag("antialias", Rule.Antialias);
        writer.Float("extrapolation", Rule.Extrapolation, 0);
        if (Axes is not null)
        {
            writer.Ints("axes", Axes);
        }
        writer.Int("aspect", (int)Aspect, 0);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        ResizeKernels.Table.Prepare(Problem(request.Inputs, request.Inputs[0].Layout)!, request.Query);

    /// <summary>Blocks stay blocks where the channels are not resized and a vector row knows the rule.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        bool fits = request.Inputs[0].Layout == Layout.Blocked8 && Problem(request.Inputs, Layout.Blocked8) is { } problem
            && ResizeKernels.Table.HasFastRow(problem, request.Query);
        return fits ? LayoutChoice.FollowFirst(request.Inputs) : LayoutChoice.Planar(request.Inputs.Count);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        int taps = Rule.Mode switch { ResizeMode.Nearest => 0, ResizeMode.Linear => 4, _ => 16 };
        return Cost.PerElement(request, 2 * taps);
    }

    /// <summary>Resampling is linear along each axis: the gradient is multiplied by the transposed matrices.</summary>
    public override void Differentiate(GradientContext context)
    {
        ResizeAxis[] axes = Resolve(new OperatorInputs(context.Node.Inputs, 1)) ?? throw GradientRules.Missing("sizes that depend on data have no gradient rule");
        Value gradient = context.Gradient;
        for (int axis = 0; axis < axes.Length; axis++)
        {
            ResizeAxis resized = axes[axis];
            if (resized != ResizeAxis.Keep(resized.Input))
            {
                var problem = new ResizeProblem(context.Type, [ResizeAxis.Keep(resized.Input), resized], Rule with { Extrapolation = 0 });
                Tensor matrix = AxisMatrix.Transposed(ResizeKernels.Table.Prepare(problem, KernelQuery.Reference).Kernel, context.Type, resized.Input, resized.Output);
                gradient = AxisMatrix.Apply(context, gradient, axis, matrix);
            }
        }
        context.Give(0, gradient);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 4);
        if (!float.IsFinite(Rule.CubicA))
        {
            throw new EdgeException(EdgeError.BadAttribute, FormattableString.Invariant($"the cubic coefficient is {Rule.CubicA}, expected a finite number"));
        }
        if (Rule.Mode != ResizeMode.Nearest && !inputs.Type(0).IsFloat())
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{Rule.Mode} resize of {inputs.Type(0).Name()}, expected a float type", "cast the input, or use nearest");
        }
        if (Resolve(inputs) is not { } axes)
        {
            return [inputs[0].Unbounded with { Shape = null }];
        }
        var shape = new Shape([.. axes.Select(a => a.Output)]);
        return ResizeKernels.IsWithinLimits(Rule, axes)
            ? [inputs[0].Unbounded with { Shape = shape }]
            : throw new EdgeException(EdgeError.TooLarge, $"a resize from {inputs.Shape(0)} to {shape} needs tables of more than 2^26 positions", "resize in several steps");
    }

    /// <summary>
    /// The resize of x as it lies in memory: in blocks, blocks of channels and their lanes are two axes that are kept. Null where the
    /// channels change.
    /// </summary>
    private ResizeProblem? Problem(in OperatorInputs inputs, Layout layout)
    {
        ResizeAxis[] axes = Resolve(inputs)!;
        if (layout == Layout.Planar)
        {
            return new ResizeProblem(inputs.Type(0), axes, Rule);
        }
        bool keepsChannels = axes.Length > 2 && axes[1] == ResizeAxis.Keep(axes[1].Input);
        ResizeAxis[] inMemory = [axes[0], ResizeAxis.Keep(Layouts.Blocks(axes[1].Input)), .. axes[2..], ResizeAxis.Keep(Layouts.Block)];
        return keepsChannels ? new ResizeProblem(inputs.Type(0), inMemory, Rule) : null;
    }

    /// <summary>All axes of x, or null while an input that decides is not constant.</summary>
    private ResizeAxis[]? Resolve(in OperatorInputs inputs)
    {
        Shape x = inputs.Shape(0);
        int[] axes = NormalizedAxes(x.Rank);
        bool byScales = IsGiven(inputs, 2);
        if (byScales == IsGiven(inputs, 3))
        {
            throw new EdgeException(EdgeError.BadArity, byScales ? "both scales and sizes are given" : "neither scales nor sizes are given", "give one of them");
        }
        Tensor? amounts = inputs.Constant(byScales ? 2 : 3);
        Tensor? region = ReadsRegion ? inputs.Constant(1) : null;
        if (amounts is null || (ReadsRegion && region is null && inputs.Has(1)))
        {
            return null;
        }
        RequireLength(amounts, axes.Length, byScales ? "scales" : "sizes");
        ResizeAxis[] result = [.. x.ToArray().Select(ResizeAxis.Keep)];
        if (byScales)
        {
            ApplyScales(result, axes, amounts.ToDouble());
        }
        else
        {
            ApplySizes(result, axes, amounts.ToInt64());
        }
        return ApplyRegion(result, axes, region);
    }

    private static bool IsGiven(in OperatorInputs inputs, int index) => inputs.Has(index) && inputs.Shape(index).Count > 0;

    private int[] NormalizedAxes(int rank)
    {
        int[] axes = [.. (Axes ?? Enumerable.Range(0, rank)).Select(a => a < 0 ? a + rank : a)];
        return axes.All(a => a >= 0 && a < rank) && axes.Distinct().Count() == axes.Length
            ? axes
            : throw new EdgeException(EdgeError.BadAttribute, $"axes is [{string.Join(',', Axes!)}], expected different axes of a tensor of rank {rank}");
    }

    private static void RequireLength(Tensor tensor, int expected, string what)
    {
        if (tensor.Count != expected)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"{what} has {tensor.Count} values, expected {expected}, one per resized axis");
        }
    }

    private static void ApplyScales(ResizeAxis[] result, int[] axes, double[] scales)
    {
        for (int i = 0; i < axes.Length; i++)
        {
            int input = result[axes[i]].Input;
            float scale = (float)scales[i];
            float output = MathF.Floor(input * scale);
            if (!(scale > 0) || !(output < int.MaxValue))
            {
                throw new EdgeException(EdgeError.BadAttribute, string.Create(CultureInfo.InvariantCulture, $"scale {i} is {scale} for an axis of length {input}, expected a positive number with a result below 2^31"));
            }
            result[axes[i]] = new ResizeAxis(input, (int)output, scale);
        }
    }

    private void ApplySizes(ResizeAxis[] result, int[] axes, long[] sizes)
    {
        for (int i = 0; i < axes.Length; i++)
        {
            int input = result[axes[i]].Input;
            if (sizes[i] is < 0 or > int.MaxValue || (input == 0 && sizes[i] > 0))
            {
                throw new EdgeException(EdgeError.BadAttribute, $"size {i} is {sizes[i]} for an axis of length {input}, expected 0 to 2^31-1, and 0 for an empty axis");
            }
            result[axes[i]] = new ResizeAxis(input, (int)sizes[i], input == 0 ? 1 : (float)sizes[i] / input);
        }
        if (Aspect == AspectPolicy.Stretch || axes.Length == 0)
        {
            return;
        }
        IEnumerable<float> scales = axes.Select(a => result[a].Scale).ToArray();
        float scale = Aspect == AspectPolicy.NotLarger ? scales.Min() : scales.Max();
        foreach (int axis in axes)
        {
            int input = result[axis].Input;
            double output = Math.Floor(((double)scale * input) + 0.5);
            result[axis] = output < int.MaxValue
                ? new ResizeAxis(input, (int)output, scale)
                : throw new EdgeException(EdgeError.TooLarge, string.Create(CultureInfo.InvariantCulture, $"an axis of length {input} times {scale} passes 2^31-1"));
        }
    }

    private ResizeAxis[] ApplyRegion(ResizeAxis[] result, int[] axes, Tensor? region)
    {
        if (!ReadsRegion || region is null || region.Count == 0)
        {
            return result;
        }
        RequireLength(region, 2 * axes.Length, "roi");
        double[] bounds = region.ToDouble();
        for (int i = 0; i < axes.Length; i++)
        {
            result[axes[i]] = result[axes[i]] with { RegionStart = (float)bounds[i], RegionEnd = (float)bounds[axes.Length + i] };
        }
        return result;
    }
}
