using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Testing;

/// <summary>Random problems of quantized operators with 16-bit operands or results, or both, with extreme numbers.</summary>
public static class WordProblems
{
    /// <summary>Every pair of types of an input and a result but that of bytes alone.</summary>
    public static readonly (DataType X, DataType Y)[] Pairs = [(DataType.S16, DataType.S16), (DataType.S16, DataType.S8), (DataType.S8, DataType.S16)];

    /// <summary>Integers of which some are extreme: all of one sign, limits, small.</summary>
    public static Tensor Integers(Random random, DataType type, Shape shape)
    {
        if (type == DataType.S8)
        {
            return QuantProblems.Bytes(random, shape);
        }
        Tensor tensor = Tensor.Allocate(DataType.S16, shape);
        int kind = random.Next(7);
        foreach (ref short value in tensor.Span<short>())
        {
            int number = kind switch
            {
                0 => short.MaxValue,
                1 => short.MinValue,
                2 => random.Next(2) == 0 ? short.MinValue : short.MaxValue,
                3 => random.Next(-300, 300),
                _ => random.Next(short.MinValue, short.MaxValue + 1),
            };
            value = (short)number;
        }
        return tensor;
    }

    /// <summary>Channels last; see <see cref="QuantProblems.Conv"/>.</summary>
    public static QuantConvCase Conv(Random random, ConvKind kind)
    {
        QuantConvCase bytes = QuantProblems.Conv(random, kind);
        (DataType x, DataType y) = Pairs[random.Next(Pairs.Length)];
        (int low, int high) = Limits(random, y);
        QuantConvProblem problem = bytes.Problem with { XType = x, YType = y, Low = low, High = high, YZero = y == DataType.S8 ? bytes.Problem.YZero : 0 };
        if (x == DataType.S8)
        {
            return bytes with { Problem = problem };
        }
        return bytes with { Problem = problem with { XZero = 0, XNotNegative = false }, X = Integers(random, x, bytes.X.Shape) };
    }

    /// <summary>At least one of both operands and the result has 16 bits.</summary>
    public static (QuantAddProblem Problem, Tensor A, Tensor B) Add(Random random, long count)
    {
        int types = random.Next(1, 8);
        DataType Type(int bit) => (types & bit) == 0 ? DataType.S8 : DataType.S16;
        (int low, int high) = Limits(random, Type(4));
        bool small = random.Next(2) == 0;
        int Multiplier() => small ? random.Next(short.MinValue, short.MaxValue + 1) : random.Next(int.MinValue, int.MaxValue);
        QuantAddProblem problem = QuantProblems.Add(random, count) with
        {
            AMultiplier = Multiplier(), BMultiplier = Multiplier(), AType = Type(1), BType = Type(2), YType = Type(4), Low = low, High = high,
        };
        return (problem, Integers(random, problem.AType, new Shape((int)count)), Integers(random, problem.BType, new Shape((int)count)));
    }

    /// <summary>A function by table.</summary>
    public static (QuantTableProblem Problem, Tensor X, Tensor Table) Table(Random random, long count)
    {
        (DataType x, DataType y) = Pairs[random.Next(Pairs.Length)];
        (int low, int high) = Limits(random, y);
        var problem = new QuantTableProblem(count) { XType = x, YType = y, Low = low, High = high };
        Tensor table = Integers(random, x == DataType.S16 ? DataType.S16 : y, new Shape(x == DataType.S8 ? 256 : QuantTableProblem.WordEntries));
        return (problem, Integers(random, x, new Shape((int)count)), table);
    }

    /// <summary>Channels last; see <see cref="QuantProblems.Pool"/>.</summary>
    public static QuantPoolCase Pool(Random random, bool countsPads)
    {
        (QuantAveragePoolProblem problem, Tensor bytes) = QuantProblems.Pool(random, countsPads);
        (DataType x, DataType y) = Pairs[random.Next(Pairs.Length)];
        (int low, int high) = Limits(random, y);
        int xZero = x == DataType.S8 ? problem.XZero : 0;
        int yZero = y == DataType.S8 ? problem.YZero : 0;
        return new QuantPoolCase(problem with { XType = x, YType = y, Low = low, High = high, XZero = xZero, YZero = yZero }, Integers(random, x, bytes.Shape));
    }

    /// <summary>Often those of the type.</summary>
    private static (int Low, int High) Limits(Random random, DataType type)
    {
        (int least, int most) = type == DataType.S16 ? (short.MinValue, short.MaxValue) : (sbyte.MinValue, sbyte.MaxValue);
        int low = random.Next(2) == 0 ? least : random.Next(least, most + 1);
        return (low, random.Next(2) == 0 ? most : random.Next(low, most + 1));
    }
}
