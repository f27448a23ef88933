using Edge.Kernels.Simd;

namespace Edge.Kernels.Tests;

/// <summary>The lane functions against double precision, in units of the last place, on every width.</summary>
public unsafe class LaneMathTests
{
    private delegate void Loop(float* source, float* target, int count);

    public static TheoryData<string> Functions => ["exp", "log", "log1p", "sigmoid", "tanh", "erf"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void EveryWidthStaysWithinItsBound(string name)
    {
        (float low, float high, double bound, Func<double, double> exact) = Case(name);
        float[] inputs = Inputs(low, high, logarithmic: name == "log");
        foreach (Loop loop in Loops(name))
        {
            float[] outputs = Apply(loop, inputs);
            double worst = 0;
            float at = 0;
            for (int i = 0; i < inputs.Length; i++)
            {
                double error = UnitsInLastPlace(outputs[i], exact(inputs[i]));
                (worst, at) = error > worst ? (error, inputs[i]) : (worst, at);
            }
            Assert.True(worst <= bound, FormattableString.Invariant($"{name} is off by {worst:F2} units in the last place at {at:R}"));
        }
    }

    [Fact]
    public void SpecialValuesFollowIeee()
    {
        foreach (Loop exp in Loops("exp"))
        {
            Assert.Equal([0f, float.PositiveInfinity, float.NaN, 1f, 1f, float.PositiveInfinity, 0f, 1f],
                Apply(exp, [float.NegativeInfinity, float.PositiveInfinity, float.NaN, 0f, -0f, 89f, -110f, float.Epsilon]));
        }
        foreach (Loop log in Loops("log"))
        {
            Assert.Equal([float.NegativeInfinity, float.NegativeInfinity, float.NaN, float.PositiveInfinity, float.NaN, 0f, float.NaN, (float)Math.Log(float.Epsilon)],
                Apply(log, [0f, -0f, -1f, float.PositiveInfinity, float.NaN, 1f, float.NegativeInfinity, float.Epsilon]));
        }
        foreach (Loop tanh in Loops("tanh").Concat(Loops("erf")))
        {
            Assert.Equal([1f, -1f, float.NaN, 0f, 1f, -1f, 0f, 0f],
                Apply(tanh, [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0f, float.MaxValue, float.MinValue, -0f, 0f]));
        }
        foreach (Loop sigmoid in Loops("sigmoid"))
        {
            Assert.Equal([1f, 0f, float.NaN, 0.5f], Apply(sigmoid, [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0f, 0, 0, 0, 0])[..4]);
        }
    }

    /// <summary>Range of arguments, largest error, and the function in double precision.</summary>
    private static (float Low, float High, double Bound, Func<double, double> Exact) Case(string name) => name switch
    {
        "exp" => (-103.9f, 88.72f, 2, Math.Exp),
        "log" => (1e-38f, 1e30f, 2, Math.Log),
        "log1p" => (0f, 1f, 2, x => x < 1e-5 ? x - (x * x / 2) : Math.Log(1 + x)),
        "sigmoid" => (-87f, 87f, 4, x => 1 / (1 + Math.Exp(-x))),
        "tanh" => (-12f, 12f, 3, Math.Tanh),
        _ => (-5f, 5f, 3, Erf),
    };

    private static Loop[] Loops(string name) => [Of<F32x1>(name), Of<F32x4>(name), Of<F32x8>(name)];

    private static Loop Of<T>(string name) where T : struct, ILanes<T> => (source, target, count) =>
    {
        for (int i = 0; i < count; i += T.Count)
        {
            T x = T.Load(source + i);
            T y = name switch
            {
                "exp" => LaneMath.Exp(x),
                "log" => LaneMath.Log(x),
                "log1p" => LaneMath.Log1PlusUnit(x),
                "sigmoid" => LaneMath.Sigmoid(x),
                "tanh" => LaneMath.Tanh(x),
                _ => LaneMath.Erf(x),
            };
            T.Store(y, target + i);
        }
    };

    private static float[] Inputs(float low, float high, bool logarithmic)
    {
        var random = new Random(7);
        var values = new float[80_000];
        for (int i = 0; i < values.Length; i++)
        {
            double t = random.NextDouble();
            values[i] = logarithmic ? (float)Math.Exp(Math.Log(low) + (t * Math.Log(high / (double)low))) : (float)(low + (t * ((double)high - low)));
            // Every fourth value is small: that is where relative errors hide.
            values[i] = i % 4 == 0 && !logarithmic ? values[i] / 1000 : values[i];
        }
        return values;
    }

    private static float[] Apply(Loop loop, float[] inputs)
    {
        var outputs = new float[inputs.Length];
        fixed (float* source = inputs)
        fixed (float* target = outputs)
        {
            loop(source, target, inputs.Length);
        }
        return outputs;
    }

    private static double UnitsInLastPlace(float actual, double exact)
    {
        double unit = Math.Max(float.Epsilon, (double)MathF.BitIncrement(MathF.Abs((float)exact)) - MathF.Abs((float)exact));
        return Math.Abs(actual - exact) / unit;
    }

    /// <summary>The Maclaurin series, for |x| up to 3, the complement's continued fraction above.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 3)
        {
            double fraction = 0;
            for (int k = 60; k >= 1; k--)
            {
                fraction = k / 2.0 / (Math.Abs(x) + fraction);
            }
            return Math.Sign(x) * (1 - (Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (Math.Abs(x) + fraction)));
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
