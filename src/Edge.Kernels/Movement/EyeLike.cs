using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Ones where column = row + k, zeros elsewhere.</summary>
public sealed record EyeLikeProblem(int Rows, int Columns, int K, DataType Type);

/// <summary>Unit matrices.</summary>
public static class EyeLikeKernels
{
    public static readonly KernelTable<EyeLikeProblem> Table = new(
        "eyelike",
        [
            new("eyelike_any_ref", CpuFeatures.None, _ => true, Create),
        ]);

    private static Kernel Create(EyeLikeProblem problem) =>
        problem.Type == DataType.Bool ? new EyeLikeReference<byte>(problem) : problem.Type.Visit<Visitor, Kernel>(new Visitor(problem));

    private readonly struct Visitor(EyeLikeProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new EyeLikeReference<T>(problem);
    }
}

/// <summary>Element by element.</summary>
internal sealed unsafe class EyeLikeReference<T>(EyeLikeProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        var target = (T*)context.Output(0);
        for (int row = 0; row < problem.Rows; row++)
        {
            for (int column = 0; column < problem.Columns; column++)
            {
                *target++ = column == row + (long)problem.K ? T.One : T.Zero;
            }
        }
    }
}
