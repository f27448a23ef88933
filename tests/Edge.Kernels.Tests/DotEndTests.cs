using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;

namespace Edge.Kernels.Tests;

/// <summary>Every tile with every end of its sums, against formulas of one channel of one pixel.</summary>
public sealed unsafe class DotEndTests
{
    private const int MostLanes = 32;
    private const int MostPixels = 8;
    private const int Rounds = 4000;

    [Fact]
    public void TilesEndInBytes() => Check<DotBytes, sbyte>((c, lane, sum) => (sbyte)Rescaling.Apply(sum, c.Multipliers[lane], c.Zero, c.Low, c.High), sbyte.MinValue, sbyte.MaxValue);

    [Fact]
    public void TilesEndInWords() =>
        Check<DotWords, short>((c, lane, sum) => (short)Math.Clamp(Rescaling.Scale(sum, c.Multipliers[lane]), c.Low, c.High), short.MinValue, short.MaxValue);

    [Fact]
    public void TilesEndInFloats() => Check<DotFloats, float>(
        (c, lane, sum) =>
        {
            float product = sum * c.Scales[lane];
            float y = product + c.Offsets[lane];
            return y < c.Least ? c.Least : y > c.Most ? c.Most : y;
        },
        sbyte.MinValue,
        sbyte.MaxValue);

    private static void Check<TEnd, T>(Func<Case, int, int, T> formula, int low, int high) where TEnd : struct, IDotEnd where T : unmanaged
    {
        CpuFeatures features = Cpu.Features;
        var random = new Random(7);
        for (int i = 0; i < Rounds; i++)
        {
            var one = new Case(random, low, high);
            if (features.HasFlag(CpuFeatures.Avx2))
            {
                one.Tile<DotTileU7, TEnd, T>(formula, notNegative: true);
                one.Tile<DotTileS16, TEnd, T>(formula);
                one.Tile<DotTileVnni<VnniBytes>, TEnd, T>(formula);
                one.Stores<TEnd, T>(formula, 1);
                one.Stores<TEnd, T>(formula, 2);
            }
            if (features.HasFlag(CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni) && VnniCode.IsSupported)
            {
                one.Tile<DotTileVnni512U7, TEnd, T>(formula, notNegative: true);
                one.Tile<DotTileVnni512, TEnd, T>(formula);
            }
            if (features.HasFlag(CpuFeatures.Neon))
            {
                one.Tile<DotTileNeon, TEnd, T>(formula);
            }
            if (features.HasFlag(CpuFeatures.Neon | CpuFeatures.NeonDot))
            {
                one.Tile<DotTileNeonDot, TEnd, T>(formula);
            }
        }
    }

    /// <summary>Numbers of one call, and what has to come of them.</summary>
    private sealed class Case
    {
        private readonly Random _random;
        private readonly int _quads;
        private readonly byte[] _y = new byte[MostPixels * MostLanes * 2 * sizeof(float)];

        public Case(Random random, int low, int high)
        {
            _random = random;
            _quads = random.Next(1, 6);
            Multipliers = Fill(_ => random.Next(4) == 0 ? int.MaxValue : (int)(int.MaxValue * Math.Pow(random.NextDouble(), 12)));
            Bias = Fill(_ => random.Next(4) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(-5000, 5000));
            Scales = Fill(_ => random.Next(6) switch { 0 => 0f, 1 => 1e-40f, 2 => 1e32f, _ => random.NextSingle() * 0.01f });
            Offsets = Fill(_ => random.Next(4) == 0 ? 0f : (random.NextSingle() - 0.5f) * 10);
            Zero = random.Next(3) == 0 || high > sbyte.MaxValue ? 0 : random.Next(sbyte.MinValue, sbyte.MaxValue + 1);
            bool clamps = random.Next(2) == 0;
            Low = clamps ? random.Next(low, 0) : low;
            High = clamps ? random.Next(0, high + 1) : high;
            Least = clamps ? random.Next(-1, 1) : float.NegativeInfinity;
            Most = clamps ? random.Next(1, 7) : float.PositiveInfinity;
        }

        public int[] Multipliers { get; }

        public int[] Bias { get; }

        public float[] Scales { get; }

        public float[] Offsets { get; }

        public int Zero { get; }

        public int Low { get; }

        public int High { get; }

        public float Least { get; }

        public float Most { get; }

        public void Tile<TTile, TEnd, T>(Func<Case, int, int, T> formula, bool notNegative = false)
            where TTile : struct, IDotTile where TEnd : struct, IDotEnd where T : unmanaged
        {
            int channels = _random.Next(1, TTile.Lanes + 1);
            int lanes = channels <= 16 ? 16 : TTile.Lanes;
            int pixels = _random.Next(1, TTile.MostPixels + 1);
            sbyte[] x = Bytes((TTile.MostPixels * _quads * 4) + 64, notNegative ? 0 : sbyte.MinValue);
            sbyte[] w = Bytes(_quads * 4 * lanes, -127);
            int[] offsets = [.. Enumerable.Range(0, TTile.MostPixels).Select(i => i * _quads * 4)];
            var run = new DotRun(0, _quads);
            int Sum(int pixel, int lane)
            {
                int sum = Bias[lane];
                for (int i = 0; i < _quads * 4; i++)
                {
                    sum = unchecked(sum + ((x[(pixel * _quads * 4) + i] + TTile.InputOffset) * w[(((i / 4 * lanes) + lane) * 4) + (i % 4)]));
                }
                return sum;
            }
            fixed (sbyte* px = x, pw = w)
            fixed (int* po = offsets)
            {
                var call = (X: (nint)px, W: (nint)pw, Offsets: (nint)po, Run: (nint)(&run));
                Run<T>(channels, (in DotFinish finish) => TTile.Multiply<TEnd>(pixels, (sbyte*)call.X, (int*)call.Offsets, (DotRun*)call.Run, 1, (sbyte*)call.W, finish));
            }
            Expect(formula, typeof(TTile).Name, pixels, channels, c => TTile.LaneOf(c, channels), Sum);
        }

        /// <summary>Sums as machine code leaves them; AVX2 stores them too.</summary>
        public void Stores<TEnd, T>(Func<Case, int, int, T> formula, int vectors) where TEnd : struct, IDotEnd where T : unmanaged
        {
            int lanes = vectors * VnniCode.Lanes;
            int channels = _random.Next(1, VnniCode.Lanes + 1) + lanes - VnniCode.Lanes;
            int pixels = _random.Next(1, MostPixels + 1);
            int[] sums = new int[MostPixels * lanes];
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] = _random.Next(3) switch { 0 => _random.Next(int.MinValue, int.MaxValue), 1 => (i & 1) == 0 ? int.MinValue : int.MaxValue, _ => _random.Next(-100_000, 100_000) };
            }
            fixed (int* ps = sums)
            {
                nint address = (nint)ps;
                Run<T>(channels, (in DotFinish finish) => TEnd.Store(pixels, vectors, (int*)address, finish));
            }
            Expect(formula, typeof(TEnd).Name, pixels, channels, c => DotTileVnni512.LaneOf(c, channels), (pixel, lane) => sums[(pixel * lanes) + lane]);
        }

        private void Run<T>(int channels, Ending end) where T : unmanaged
        {
            Array.Fill(_y, (byte)0x5A);
            fixed (byte* y = _y)
            fixed (int* bias = Bias, multipliers = Multipliers)
            fixed (float* scales = Scales, offsets = Offsets)
            {
                end(new DotFinish
                {
                    Bias = bias,
                    Multipliers = multipliers,
                    Y = y,
                    PixelStride = Stride<T>(channels),
                    Channels = channels,
                    Zero = Zero,
                    Low = Low,
                    High = High,
                    Scales = scales,
                    Offsets = offsets,
                    BlockStride = 8 * sizeof(float),
                    Least = Least,
                    Most = Most,
                });
            }
        }

        /// <summary>Pixels overlap with nothing, and what lies between them is left alone.</summary>
        private void Expect<T>(Func<Case, int, int, T> formula, string name, int pixels, int channels, Func<int, int> laneOf, Func<int, int, int> sum) where T : unmanaged
        {
            byte[] expected = new byte[_y.Length];
            Array.Fill(expected, (byte)0x5A);
            fixed (byte* y = expected)
            {
                for (int pixel = 0; pixel < pixels; pixel++)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        int lane = laneOf(c);
                        ((T*)(y + (pixel * Stride<T>(channels))))[c] = formula(this, lane, sum(pixel, lane));
                    }
                }
            }
            Assert.True(_y.AsSpan().SequenceEqual(expected), $"{name} to {typeof(T).Name}: {pixels} pixels, {channels} channels");
        }

        private static int Stride<T>(int channels) where T : unmanaged => (channels + 3) * sizeof(T);

        private static T[] Fill<T>(Func<int, T> make) => [.. Enumerable.Range(0, MostLanes).Select(make)];

        private sbyte[] Bytes(int count, int least) => [.. Enumerable.Range(0, count).Select(_ => (sbyte)(_random.Next(5) == 0 ? (_random.Next(2) == 0 ? least : 127) : _random.Next(least, 128)))];

        private delegate void Ending(in DotFinish finish);
    }
}
