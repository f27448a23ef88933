using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>An entry of <see cref="BinaryFunctions.All"/>: a function of two tensors, element by element, with its kernels.</summary>
public sealed class BinaryFunction
{
    private BinaryFunction(string name, params KernelRow<BinaryProblem>[] rows)
    {
        Name = name;
        Table = new KernelTable<BinaryProblem>(name.ToLowerInvariant(), rows) { Device = () => ElementwiseDevice.Binary(name) };
    }

    /// <summary>Name of the operator; persisted.</summary>
    public string Name { get; }

    /// <summary>Whether the answers are bool; else the output has the inputs' type.</summary>
    public bool IsComparison { get; private init; }

    public KernelTable<BinaryProblem> Table { get; }

    /// <summary>Whether the function is defined for a type. Float16 is accepted where float32 is: graphs hold it until it is legalized.</summary>
    public bool Accepts(DataType type)
    {
        var problem = new BinaryProblem(type == DataType.F16 ? DataType.F32 : type, Shape.Scalar, Shape.Scalar);
        return Table.Rows.Any(row => row.Fits(problem));
    }

    public DataType ResultType(DataType input) => IsComparison ? DataType.Bool : input;

    public override string ToString() => Name;

    /// <summary>Arithmetic with a lane formula.</summary>
    internal static BinaryFunction Number<TFormula>() where TFormula : struct, IBinaryLaneFormula
    {
        string family = TFormula.Name.ToLowerInvariant();
        return new BinaryFunction(
            TFormula.Name,
            new($"{family}_f32_avx2", CpuFeatures.Avx2, IsPlanar, p => new BinaryKernel<TFormula, F32x8>(p)),
            new($"{family}_f32_avx2_blocks", CpuFeatures.Avx2, BinaryBlocks.Fits, p => new BinaryBlocks<TFormula, F32x8>(p)),
            new($"{family}_f32_v128", CpuFeatures.Simd128, IsPlanar, p => new BinaryKernel<TFormula, F32x4>(p)),
            new($"{family}_f32_v128_blocks", CpuFeatures.Simd128, BinaryBlocks.Fits, p => new BinaryBlocks<TFormula, F32x4>(p)),
            new($"{family}_f32_scalar", CpuFeatures.None, IsPlanar, p => new BinaryKernel<TFormula, F32x1>(p)),
            NumberRow<TFormula>());
    }

    /// <summary>Arithmetic without a lane formula.</summary>
    internal static BinaryFunction Scalar<TFormula>() where TFormula : struct, IBinaryFormula => new(TFormula.Name, NumberRow<TFormula>());

    internal static BinaryFunction Comparison<TFormula>() where TFormula : struct, IComparison => new(
        TFormula.Name,
        new KernelRow<BinaryProblem>(
            $"{TFormula.Name.ToLowerInvariant()}_any_ref",
            CpuFeatures.None,
            p => (IsNumber(p.Type) || p.Type == DataType.Bool) && IsPlain(p),
            ComparisonMaker<TFormula>.Make))
    {
        IsComparison = true,
    };

    internal static BinaryFunction Logical<TFormula>() where TFormula : struct, IBitwiseFormula =>
        new(TFormula.Name, BitwiseRow<TFormula>("bool", type => type == DataType.Bool));

    internal static BinaryFunction Bitwise<TFormula>() where TFormula : struct, IBitwiseFormula =>
        new(TFormula.Name, BitwiseRow<TFormula>("int", type => type.IsInteger()));

    internal static BinaryFunction Shift<TFormula>() where TFormula : struct, IBitwiseFormula =>
        new(TFormula.Name, BitwiseRow<TFormula>("unsigned", type => type.IsInteger() && !type.IsSigned()));

    private static KernelRow<BinaryProblem> NumberRow<TFormula>() where TFormula : struct, IBinaryFormula =>
        new($"{TFormula.Name.ToLowerInvariant()}_any_ref", CpuFeatures.None, p => IsNumber(p.Type) && (IsF32(p) || IsPlain(p)), NumberMaker<TFormula>.Make);

    private static KernelRow<BinaryProblem> BitwiseRow<TFormula>(string types, Func<DataType, bool> accepts) where TFormula : struct, IBitwiseFormula =>
        new($"{TFormula.Name.ToLowerInvariant()}_{types}_ref", CpuFeatures.None, p => accepts(p.Type) && IsPlain(p), BitwiseMaker<TFormula>.Make);

    private static bool IsF32(BinaryProblem problem) => problem.Type == DataType.F32;

    private static bool IsPlanar(BinaryProblem problem) => IsF32(problem) && problem.Layout == Layout.Planar;

    private static bool IsNumber(DataType type) => type.IsInteger() || type is DataType.F32 or DataType.F64;

    private static bool IsPlain(BinaryProblem problem) => problem.Activation.Kind == ActivationKind.None;
}
