using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>
/// An entry of <see cref="UnaryFunctions.All"/>: a function of one tensor, element by element, with its kernels and the
/// defaults of its parameters.
/// </summary>
public sealed unsafe class UnaryFunction
{
    private UnaryFunction(string name, params KernelRow<UnaryProblem>[] rows)
    {
        Name = name;
        Table = new KernelTable<UnaryProblem>(name.ToLowerInvariant(), rows) { Device = () => ElementwiseDevice.Unary(name) };
    }

    /// <summary>Name of the operator; persisted.</summary>
    public string Name { get; }

    public float DefaultAlpha { get; private init; }

    public float DefaultBeta { get; private init; }

    /// <summary>The activation this function is, where kernels can fuse it.</summary>
    public ActivationKind Activation { get; private init; }

    /// <summary>Whether the answers are bool; else the output has the input's type.</summary>
    public bool IsPredicate { get; private init; }

    public KernelTable<UnaryProblem> Table { get; }

    /// <summary>
    /// The gradient: inputs are the gradient of f(x) and what <see cref="SlopeFrom"/> says, the output is the gradient of x. Null
    /// where none is known.
    /// </summary>
    public KernelTable<UnaryProblem>? GradientTable { get; private set; }

    /// <summary>What the slope is computed from.</summary>
    public SlopeSource SlopeFrom { get; private set; }

    /// <summary>The traversal over the widest lanes of this processor; null where the function has no lane formula.</summary>
    internal delegate*<float*, float*, long, float, float, void> Loop { get; private init; }

    /// <summary>Whether the function is defined for a type. Float16 is accepted where float32 is: graphs hold it until it is legalized.</summary>
    public bool Accepts(DataType type)
    {
        var problem = new UnaryProblem(type == DataType.F16 ? DataType.F32 : type, 0);
        return Table.Rows.Any(row => row.Fits(problem));
    }

    public DataType ResultType(DataType input) => IsPredicate ? DataType.Bool : input;

    public override string ToString() => Name;

    /// <summary>A function of real numbers with a lane formula.</summary>
    internal static UnaryFunction Float<TFormula>() where TFormula : struct, IUnaryFormula =>
        Describe<TFormula>(FloatRows<TFormula>(), WidestLoop<TFormula>());

    /// <summary>A function of real numbers that has no lane formula.</summary>
    internal static UnaryFunction Scalar<TFormula>() where TFormula : struct, IUnaryReference => Describe<TFormula>([ReferenceRow<TFormula>()], null);

    /// <summary>A function of all numbers.</summary>
    internal static UnaryFunction Number<TFormula>() where TFormula : struct, IUnaryFormula, IIntegerFormula =>
        Describe<TFormula>([.. FloatRows<TFormula>(), IntegerRow<TFormula>(type => type.IsInteger())], WidestLoop<TFormula>());

    /// <summary>This function with the gradient of <typeparamref name="TFormula"/>, which is its formula.</summary>
    internal UnaryFunction WithSlope<TFormula>() where TFormula : struct, IDifferentiable
    {
        GradientTable = UnaryGradientRows.Table<TFormula>();
        SlopeFrom = TFormula.SlopeFrom;
        return this;
    }

    internal static UnaryFunction Integer<TFormula>() where TFormula : struct, IIntegerFormula =>
        new(TFormula.Name, IntegerRow<TFormula>(type => type.IsInteger()));

    internal static UnaryFunction Logical<TFormula>() where TFormula : struct, IIntegerFormula =>
        new(TFormula.Name, IntegerRow<TFormula>(type => type == DataType.Bool));

    internal static UnaryFunction Predicate<TFormula>() where TFormula : struct, IUnaryPredicate => new(
        TFormula.Name,
        new KernelRow<UnaryProblem>(
            $"{TFormula.Name.ToLowerInvariant()}_float_ref",
            CpuFeatures.None,
            IsFloat,
            p => p.Type == DataType.F64 ? new PredicateReference<TFormula, double>(p) : new PredicateReference<TFormula, float>(p)))
    {
        DefaultAlpha = TFormula.DefaultAlpha,
        DefaultBeta = TFormula.DefaultBeta,
        IsPredicate = true,
    };

    private static UnaryFunction Describe<TFormula>(KernelRow<UnaryProblem>[] rows, delegate*<float*, float*, long, float, float, void> loop)
        where TFormula : struct, IUnaryReference => new(TFormula.Name, rows)
        {
            Loop = loop,
            DefaultAlpha = TFormula.DefaultAlpha,
            DefaultBeta = TFormula.DefaultBeta,
            Activation = TFormula.Activation,
        };

    private static delegate*<float*, float*, long, float, float, void> WidestLoop<TFormula>() where TFormula : struct, IUnaryFormula
    {
        if (Cpu.Features.HasFlag(CpuFeatures.Avx512))
        {
            return &UnaryLoop<TFormula, F32x16>.Run;
        }
        if (Cpu.Features.HasFlag(CpuFeatures.Avx2))
        {
            return &UnaryLoop<TFormula, F32x8>.Run;
        }
        return Cpu.Features.HasFlag(CpuFeatures.Simd128) ? &UnaryLoop<TFormula, F32x4>.Run : &UnaryLoop<TFormula, F32x1>.Run;
    }

    private static KernelRow<UnaryProblem>[] FloatRows<TFormula>() where TFormula : struct, IUnaryFormula
    {
        string family = TFormula.Name.ToLowerInvariant();
        return
        [
            new($"{family}_f32_avx512", CpuFeatures.Avx512, IsF32, p => new UnaryKernel<TFormula, F32x16>(p)),
            new($"{family}_f32_avx2", CpuFeatures.Avx2, IsF32, p => new UnaryKernel<TFormula, F32x8>(p)),
            new($"{family}_f32_v128", CpuFeatures.Simd128, IsF32, p => new UnaryKernel<TFormula, F32x4>(p)),
            new($"{family}_f32_scalar", CpuFeatures.None, IsF32, p => new UnaryKernel<TFormula, F32x1>(p)),
            ReferenceRow<TFormula>(),
        ];
    }

    private static KernelRow<UnaryProblem> ReferenceRow<TFormula>() where TFormula : struct, IUnaryReference => new(
        $"{TFormula.Name.ToLowerInvariant()}_float_ref",
        CpuFeatures.None,
        IsFloat,
        p => p.Type == DataType.F64 ? new UnaryReference<TFormula, double>(p) : new UnaryReference<TFormula, float>(p));

    private static KernelRow<UnaryProblem> IntegerRow<TFormula>(Func<DataType, bool> accepts) where TFormula : struct, IIntegerFormula => new(
        $"{TFormula.Name.ToLowerInvariant()}_int_ref",
        CpuFeatures.None,
        p => accepts(p.Type),
        IntegerUnaryMaker<TFormula>.Make);

    private static bool IsF32(UnaryProblem problem) => problem.Type == DataType.F32;

    private static bool IsFloat(UnaryProblem problem) => problem.Type is DataType.F32 or DataType.F64;
}
