using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Every unary function: each row against the reference, over awkward counts and special values.</summary>
public class UnaryTests
{
    /// <summary>Counts around the lane counts and the chunk size.</summary>
    private static readonly int[] Counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 8191, 8192, 8193, 20001];

    /// <summary>Largest |a - b| / (1 + |b|) between a float32 row and double precision.</summary>
    private const double Tolerance = 1e-6;

    public static TheoryData<string, float, float> Cases => new()
    {
        { "Abs", -5, 5 }, { "Neg", -5, 5 }, { "Ceil", -5, 5 }, { "Floor", -5, 5 }, { "Round", -5, 5 }, { "Sqrt", 0, 9 },
        { "Reciprocal", 0.1f, 9 }, { "Exp", -10, 3 }, { "Log", 0.01f, 100 }, { "Erf", -4, 4 }, { "Sign", -1, 1 }, { "Sin", -9, 9 },
        { "Cos", -9, 9 }, { "Tan", -1, 1 }, { "Asin", -1, 1 }, { "Acos", -1, 1 }, { "Atan", -9, 9 }, { "Sinh", -3, 3 },
        { "Cosh", -3, 3 }, { "Asinh", -9, 9 }, { "Acosh", 1, 9 }, { "Atanh", -0.9f, 0.9f }, { "Relu", -5, 5 }, { "LeakyRelu", -5, 5 },
        { "Elu", -9, 5 }, { "Selu", -9, 5 }, { "Celu", -9, 5 }, { "ThresholdedRelu", -5, 5 }, { "Sigmoid", -30, 30 },
        { "HardSigmoid", -5, 5 }, { "Tanh", -9, 9 }, { "Softplus", -20, 20 }, { "Softsign", -9, 9 }, { "HardSwish", -5, 5 },
        { "Silu", -20, 20 }, { "Mish", -20, 20 }, { "Gelu", -9, 9 }, { "GeluTanh", -9, 9 }, { "Shrink", -2, 2 }, { "Clip", -5, 5 },
        { "Not", 0, 1 }, { "BitwiseNot", 0, 1 }, { "IsNaN", -1, 1 }, { "IsInf", -1, 1 },
    };

    [Fact]
    public void EveryFunctionHasACase() =>
        Assert.Equal(UnaryFunctions.All.Select(f => f.Name).Order(), Cases.Select(c => c.Data.Item1).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryFloatRowAgreesWithDoublePrecision(string name, float low, float high)
    {
        UnaryFunction function = UnaryFunctions.Find(name);
        if (!function.Accepts(DataType.F32) || function.IsPredicate)
        {
            return;
        }
        foreach (int count in Counts)
        {
            Tensor input = RandomTensor.F32(new Shape(count), count, low, high);
            var problem = new UnaryProblem(DataType.F32, count, function.DefaultAlpha, function.DefaultBeta);
            double[] expected = InDouble(function, problem, input);
            foreach (KernelRow<UnaryProblem> row in function.Table.Candidates(problem, Cpu.Features))
            {
                float[] actual = Run(row, problem, input, count % 2 + 1);
                for (int i = 0; i < count; i++)
                {
                    double error = Math.Abs(actual[i] - expected[i]) / (1 + Math.Abs(expected[i]));
                    Assert.True(error <= Tolerance, FormattableString.Invariant($"{row.Name} of {count}: f({input.Span<float>()[i]:R}) = {actual[i]:R}, expected {expected[i]:R}"));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryFloatRowTreatsSpecialValuesAlike(string name, float low, float high)
    {
        UnaryFunction function = UnaryFunctions.Find(name);
        if (!function.Accepts(DataType.F32) || function.IsPredicate)
        {
            return;
        }
        Tensor input = Tensor.FromVector<float>([.. RandomTensor.Specials, low, high, 100, -100]);
        var problem = new UnaryProblem(DataType.F32, input.Count, function.DefaultAlpha, function.DefaultBeta);
        double[] expected = InDouble(function, problem, input);
        foreach (KernelRow<UnaryProblem> row in function.Table.Candidates(problem, Cpu.Features))
        {
            float[] actual = Run(row, problem, input, 1);
            for (int i = 0; i < actual.Length; i++)
            {
                bool same = actual[i].Equals((float)expected[i]) || Math.Abs(actual[i] - expected[i]) <= Tolerance * (1 + Math.Abs(expected[i]));
                Assert.True(same, FormattableString.Invariant($"{row.Name}: f({input.Span<float>()[i]:R}) = {actual[i]:R}, expected {expected[i]:R}"));
            }
        }
    }

    [Fact]
    public void IntegerRowsWrapAndSaturate()
    {
        Assert.Equal<sbyte>([-128, 127, 0, 1], RunIntegers<sbyte>("Abs", [-128, 127, 0, -1]));
        Assert.Equal<int>([int.MinValue, 5, 0], RunIntegers("Neg", [int.MinValue, -5, 0]));
        Assert.Equal<long>([-1, 0, 1], RunIntegers("Sign", [long.MinValue, 0, long.MaxValue]));
        Assert.Equal<short>([0, 0, 7], RunIntegers<short>("Relu", [-7, 0, 7]));
        Assert.Equal<byte>([0xFF, 0x0F], RunIntegers<byte>("BitwiseNot", [0, 0xF0]));
        Assert.Equal<sbyte>([-1, -128], RunIntegers<sbyte>("BitwiseNot", [0, 127]));
        Assert.Equal<sbyte>([-5, 3, 127], RunIntegers<sbyte>("Clip", [-100, 3, 127], -5, float.PositiveInfinity));
    }

    [Fact]
    public void NotNegatesBools()
    {
        Tensor input = Tensor.Allocate(DataType.Bool, new Shape(2));
        input.ByteSpan()[1] = 1;
        var problem = new UnaryProblem(DataType.Bool, 2);
        using Kernel kernel = UnaryFunctions.Find("Not").Table.Prepare(problem, KernelQuery.Default).Kernel;
        Assert.Equal<byte>([1, 0], KernelRunner.Run(kernel, [input], [input.Info])[0].ByteSpan());
    }

    [Fact]
    public void PredicatesAnswerBool()
    {
        Tensor input = Tensor.FromVector(float.NaN, 1f, float.PositiveInfinity, float.NegativeInfinity);
        Assert.Equal<byte>([1, 0, 0, 0], Ask("IsNaN", input, 0, 0));
        Assert.Equal<byte>([0, 0, 1, 1], Ask("IsInf", input, 1, 1));
        Assert.Equal<byte>([0, 0, 1, 0], Ask("IsInf", input, 1, 0));
        Assert.Equal<byte>([0, 0, 0, 1], Ask("IsInf", input, 0, 1));
    }

    [Fact]
    public unsafe void ActivationsInPlaceAgreeWithTheirFormula()
    {
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            var activation = new Activation(kind, kind == ActivationKind.Clip ? -1 : 0.2f, 0.5f);
            foreach (int count in Counts)
            {
                Tensor values = RandomTensor.F32(new Shape(count), count, -6, 6);
                double[] expected = [.. values.ToDouble().Select(activation.Apply)];
                activation.ApplyInPlace((float*)values.Data, count);
                double[] actual = values.ToDouble();
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(expected[i], actual[i], 1e-6 * (1 + Math.Abs(expected[i])));
                }
            }
        }
    }

    private static double[] InDouble(UnaryFunction function, UnaryProblem problem, Tensor input)
    {
        Tensor wide = Tensor.From<double>(input.Shape, input.ToDouble());
        using Kernel kernel = function.Table.Prepare(problem with { Type = DataType.F64 }, KernelQuery.Reference).Kernel;
        return KernelRunner.Run(kernel, [wide], [wide.Info])[0].ToDouble();
    }

    private static float[] Run(KernelRow<UnaryProblem> row, UnaryProblem problem, Tensor input, int threads)
    {
        using Kernel kernel = row.Create(problem);
        return KernelRunner.Run(kernel, [input], [input.Info], threads: threads)[0].ToArray<float>();
    }

    private static T[] RunIntegers<T>(string name, T[] values, float alpha = 0, float beta = 0) where T : unmanaged
    {
        Tensor input = Tensor.FromVector<T>(values);
        using Kernel kernel = UnaryFunctions.Find(name).Table.Prepare(new UnaryProblem(input.Type, input.Count, alpha, beta), KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [input], [input.Info])[0].ToArray<T>();
    }

    private static byte[] Ask(string name, Tensor input, float alpha, float beta)
    {
        using Kernel kernel = UnaryFunctions.Find(name).Table.Prepare(new UnaryProblem(input.Type, input.Count, alpha, beta), KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [input], [new TensorInfo(DataType.Bool, input.Shape)])[0].ByteSpan().ToArray();
    }
}
