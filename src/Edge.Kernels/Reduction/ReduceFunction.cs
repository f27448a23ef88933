using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>An entry of <see cref="ReduceFunctions.All"/>: a reduction with its kernels.</summary>
public sealed class ReduceFunction
{
    private ReduceFunction(string name, params KernelRow<ReduceProblem>[] rows)
    {
        Name = name;
        Table = new KernelTable<ReduceProblem>($"reduce{name.ToLowerInvariant()}", rows) { Device = () => ReduceDevice.Rows(name) };
    }

    /// <summary>Name without the prefix Reduce: Sum, Mean, Max, ...</summary>
    public string Name { get; }

    public KernelTable<ReduceProblem> Table { get; }

    /// <summary>Whether the reduction is defined for a type. Float16 is accepted where float32 is: graphs hold it until it is legalized.</summary>
    public bool Accepts(DataType type)
    {
        var problem = new ReduceProblem(type == DataType.F16 ? DataType.F32 : type, Shape.Scalar, []);
        return Table.Rows.Any(row => row.Fits(problem));
    }

    public override string ToString() => Name;

    /// <summary>A reduction of all numbers.</summary>
    internal static ReduceFunction Number<TReducer>(bool bools = false) where TReducer : struct, ILaneReducer
    {
        string family = $"reduce{TReducer.Name.ToLowerInvariant()}";
        return new ReduceFunction(
            TReducer.Name,
            new($"{family}_f32_avx2", CpuFeatures.Avx2, ReduceLanes<TReducer, F32x8>.Fits, p => new ReduceLanes<TReducer, F32x8>(p)),
            new($"{family}_f32_v128", CpuFeatures.Simd128, ReduceLanes<TReducer, F32x4>.Fits, p => new ReduceLanes<TReducer, F32x4>(p)),
            new($"{family}_float_ref", CpuFeatures.None, IsFloat, MakeFloat<TReducer>),
            new($"{family}_int_ref", CpuFeatures.None, p => p.Type.IsInteger() || (bools && p.Type == DataType.Bool), IntegerMaker<TReducer>.Make));
    }

    /// <summary>log(sum(exp(x))), which needs two passes.</summary>
    internal static ReduceFunction LogSumExp() => new(
        "LogSumExp",
        new KernelRow<ReduceProblem>(
            "reducelogsumexp_any_ref",
            CpuFeatures.None,
            p => IsFloat(p) || p.Type.IsInteger(),
            p => p.Type.Visit<LogSumExpMaker, Kernel>(new LogSumExpMaker(p))));

    private static bool IsFloat(ReduceProblem problem) => problem.Type is DataType.F32 or DataType.F64;

    private static Kernel MakeFloat<TReducer>(ReduceProblem problem) where TReducer : struct, IReducer => problem.Type == DataType.F64
        ? new WideReduceReference<TReducer, double>(problem)
        : new WideReduceReference<TReducer, float>(problem);

    private readonly struct IntegerMaker<TReducer>(ReduceProblem problem) : IDataTypeVisitor<Kernel> where TReducer : struct, IReducer
    {
        public static Kernel Make(ReduceProblem problem) =>
            (problem.Type == DataType.Bool ? DataType.U8 : problem.Type).Visit<IntegerMaker<TReducer>, Kernel>(new IntegerMaker<TReducer>(problem));

        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> =>
            TReducer.Finishes ? new WideReduceReference<TReducer, T>(problem) : new IntegerReduceReference<TReducer, T>(problem);
    }

    private readonly struct LogSumExpMaker(ReduceProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new LogSumExpReference<T>(problem);
    }
}
