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
        new("gemm_f16_device_rows", CpuFeatures.None, p => Fits(p) && p is { ConstantB: true, M: <= FewRows }, p => Vector(p, true)) { DeviceWeights = DataType.F16 },
        new("gemm_f16_device_tiles", CpuFeatures.None, p => Fits(p) && p.ConstantB, p => Tiles(p, DeviceProfile.Default, true)) { CreateFor = (p, d) => Tiles(p, d, true), DeviceWeights = DataType.F16 },
        new("gemm_f32_device_rows", CpuFeatures.None, p => Fits(p) && p.M <= FewRows, p => Vector(p, false)),
        new("gemm_f32_device_tiles", CpuFeatures.None, Fits, p => Tiles(p, DeviceProfile.Default, false)) { CreateFor = (p, d) => Tiles(p, d, false) },
    ];

    /// <summary>A product by tiles of operands that lie anywhere.</summary>
    /// <param name="variant">Ending of the kernel's name: which matrix is in float16.</param>
    /// <param name="operands">a, b, the addend, <see cref="Offsets"/>, y.</param>
    public static DeviceDispatch Tiles(GemmProblem problem, TileChoice tile, string variant, Operand[] operands) => Dispatch(
        problem,
        $"gemm_{tile.Name}{variant}",
        [Words.Of(problem.AStrides.Column == 1), Words.Of(problem.BStrides.Row == 1)],
        operands,
        new Groups(TileChoice.Ceil(problem.N, tile.Size), TileChoice.Ceil(problem.M, tile.Size), problem.Batch));

    /// <summary>Where the matrices of each batch start: those of a, then those of b.</summary>
    public static Tensor Offsets(GemmProblem problem)
    {
        int[] offsets = [.. problem.AOffsets.Concat(problem.BOffsets).Select(o => (int)o)];
        return Tensor.From(new Shape(offsets.Length), offsets);
    }

    private static bool Fits(GemmProblem problem) =>
        problem.Type == DataType.F32 && problem is { M: > 0, N: > 0, K: > 0, Batch: > 0 and <= Groups.Most }
        && problem.Batch * (long)problem.M * problem.N <= Words.MostElements
        && problem.AOffsets.Max() + ((long)problem.M * problem.K) <= Words.MostElements
        && problem.BOffsets.Max() + ((long)problem.N * problem.K) <= Words.MostElements;

    private static DeviceKernel Tiles(GemmProblem problem, DeviceProfile device, bool isHalf)
    {
        TileChoice tile = TileChoice.For(problem.M, problem.N, problem.K, problem.Batch, device, splits: false);
        return Create(problem, isHalf, Tiles(problem, tile, isHalf ? "_f16b" : "", Operands(problem, isHalf)));
    }

    private static DeviceKernel Vector(GemmProblem problem, bool isHalf)
    {
        bool lanes = problem.BStrides.Row == 1;
        int columns = lanes ? problem.N : TileChoice.Ceil(problem.N, 16);
        string source = $"{(lanes ? "gemv_lanes" : "gemv_columns")}{(isHalf ? "_f16" : "")}";
        return Create(problem, isHalf, Dispatch(problem, source, [], Operands(problem, isHalf), new Groups(Math.Min(columns, Groups.Most), problem.M, problem.Batch)));
    }

    private static Operand[] Operands(GemmProblem problem, bool isHalf) =>
        [Operand.Input(0), isHalf ? Operand.Packed(1) : Operand.Input(1), problem.Addend is null ? Operand.Input(0) : Operand.Input(2), Operand.Packed(), Operand.Output()];

    private static DeviceKernel Create(GemmProblem problem, bool isHalf, DeviceDispatch dispatch) =>
        new([dispatch], 0, inputs => isHalf ? [Offsets(problem), HalfWeights.Of(inputs[1]!)] : [Offsets(problem)]);

    private static DeviceDispatch Dispatch(GemmProblem problem, string source, int[] constants, Operand[] operands, Groups groups)
    {
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        GemmAddend addend = problem.Addend ?? default;
        return new DeviceDispatch(
            KernelSources.Find(source),
            [.. constants, Words.Of(problem.Addend is not null), act],
            operands,
            [
                problem.M, problem.N, problem.K, (int)problem.AStrides.Row, (int)problem.AStrides.Column, (int)problem.BStrides.Row, (int)problem.BStrides.Column,
                (int)addend.RowStride, addend.ColumnStride, problem.Batch, Words.Of(problem.Alpha), Words.Of(problem.Beta), alpha, beta,
            ],
            groups);
    }
}
