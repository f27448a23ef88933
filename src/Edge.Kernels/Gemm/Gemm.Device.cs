using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>Matrix products on devices.</summary>
internal static class GemmDevice
{
    /// <summary>Rows up to which a product is computed row by row.</summary>
    private const int FewRows = 4;

    public static readonly KernelRow<GemmProblem>[] Rows =
    [
        new("gemm_f32_device_rows", CpuFeatures.None, p => Fits(p) && p.M <= FewRows, Vector),
        new("gemm_f32_device_tiles", CpuFeatures.None, Fits, p => Tiles(p, DeviceProfile.Default)) { CreateFor = Tiles },
    ];

    private static bool Fits(GemmProblem problem) =>
        problem.Type == DataType.F32 && problem is { M: > 0, N: > 0, K: > 0, Batch: > 0 and <= Groups.Most }
        && problem.Batch * (long)problem.M * problem.N <= Words.MostElements
        && problem.AOffsets.Max() + ((long)problem.M * problem.K) <= Words.MostElements
        && problem.BOffsets.Max() + ((long)problem.N * problem.K) <= Words.MostElements;

    private static DeviceKernel Tiles(GemmProblem problem, DeviceProfile device)
    {
        TileChoice tile = TileChoice.For(problem.M, problem.N, problem.K, problem.Batch, device, splits: false);
        return Create(
            problem,
            $"gemm_{tile.Name}",
            [Words.Of(problem.AStrides.Column == 1), Words.Of(problem.BStrides.Row == 1)],
            new Groups(TileChoice.Ceil(problem.N, tile.Size), TileChoice.Ceil(problem.M, tile.Size), problem.Batch));
    }

    private static DeviceKernel Vector(GemmProblem problem)
    {
        bool lanes = problem.BStrides.Row == 1;
        int columns = lanes ? problem.N : TileChoice.Ceil(problem.N, 16);
        return Create(problem, lanes ? "gemv_lanes" : "gemv_columns", [], new Groups(Math.Min(columns, Groups.Most), problem.M, problem.Batch));
    }

    private static DeviceKernel Create(GemmProblem problem, string source, int[] constants, Groups groups)
    {
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        GemmAddend addend = problem.Addend ?? default;
        var dispatch = new DeviceDispatch(
            KernelSources.Find(source),
            [.. constants, Words.Of(problem.Addend is not null), act],
            [Operand.Input(0), Operand.Input(1), problem.Addend is null ? Operand.Input(0) : Operand.Input(2), Operand.Packed(), Operand.Output()],
            [
                problem.M, problem.N, problem.K, (int)problem.AStrides.Row, (int)problem.AStrides.Column, (int)problem.BStrides.Row, (int)problem.BStrides.Column,
                (int)addend.RowStride, addend.ColumnStride, problem.Batch, Words.Of(problem.Alpha), Words.Of(problem.Beta), alpha, beta,
            ],
            groups);
        int[] offsets = [.. problem.AOffsets.Concat(problem.BOffsets).Select(o => (int)o)];
        return new DeviceKernel([dispatch], 0, _ => [Tensor.From(new Shape(offsets.Length), offsets)]);
    }
}
