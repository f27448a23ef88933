using System.Globalization;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Testing;

namespace Edge.Runtime.Tests.Signals;

public class BeatComparisonTests
{
    private const int Rate = 360;

    private static BeatComparisonOptions FromStart => new() { Start = TimeSpan.Zero };

    public static TheoryData<string> Detectors => ["gqrs", "gqp", "wqrs", "sqrs", "xqrs"];

    [Fact]
    public void MatchesMissesAndExtras()
    {
        BeatConfusion score = Compare([1000, 2000, 3000], [1010, 2500, 3054, 3060]);
        Assert.Equal((2L, 1L, 2L), (score.TruePositives, score.FalseNegatives, score.FalsePositives));
        Assert.Equal(2 / 3.0, score.Sensitivity, 1e-12);
        Assert.Equal(0.5, score.PositivePredictivity, 1e-12);
    }

    [Fact]
    public void TheWindowIsInclusive()
    {
        Assert.Equal(1, Compare([1000], [1054]).TruePositives);
        Assert.Equal(0, Compare([1000], [1055]).TruePositives);
        Assert.Equal(1, Compare([1000], [946]).TruePositives);
        Assert.Equal(0, Compare([1000], [1019], FromStart with { Window = TimeSpan.FromMilliseconds(50) }).TruePositives);
    }

    [Fact]
    public void TheNearestPairs()
    {
        // 1040 is nearer to 1050 than 1000 is: 1000 stays without partner.
        BeatConfusion score = Compare([1000, 1050], [1040]);
        Assert.Equal((1L, 1L, 0L), (score.TruePositives, score.FalseNegatives, score.FalsePositives));
    }

    [Fact]
    public void TheLearningPeriodDoesNotCount()
    {
        BeatConfusion score = Compare([1000, 108_500], [2000, 3000, 108_510], new BeatComparisonOptions());
        Assert.Equal((1L, 0L, 0L), (score.TruePositives, score.FalseNegatives, score.FalsePositives));
    }

    [Fact]
    public void ABeatOnTheEdgeOfTheLearningPeriodIsFairlyTreated()
    {
        // The test beat lies just before the start, its reference just after: a match.
        Assert.Equal((1L, 0L, 0L), Counts([108_010], [107_990]));
        // The reference lies just before the start, the test beat just after: neither counts.
        Assert.Equal((1L, 0L, 0L), Counts([107_990, 109_000], [108_010, 109_000]));

        static (long Found, long Missed, long Extra) Counts(long[] reference, long[] test)
        {
            BeatConfusion score = Compare(reference, test, new BeatComparisonOptions());
            return (score.TruePositives, score.FalseNegatives, score.FalsePositives);
        }
    }

    [Fact]
    public void FibrillationIsLeftOut()
    {
        WfdbAnnotation[] reference = [Beat(1000), new(2000, AnnotationCode.FlutterStart), new(2500, AnnotationCode.FlutterWave), new(4000, AnnotationCode.FlutterEnd), Beat(5000)];
        BeatConfusion score = BeatComparison.Compare(reference, [Beat(1000), Beat(2500), Beat(3000), Beat(5000)], Rate, 10_000, FromStart);
        Assert.Equal((2L, 0L, 0L), (score.TruePositives, score.FalseNegatives, score.FalsePositives));
    }

    [Fact]
    public void ShutdownPairsWithX()
    {
        WfdbAnnotation[] off = [new(2000, AnnotationCode.SignalQuality, 0x30), new(4000, AnnotationCode.SignalQuality, 0)];
        BeatConfusion reference = BeatComparison.Compare([Beat(1000), .. off, Beat(5000)], [Beat(1000), Beat(3000), Beat(5000)], Rate, 10_000, FromStart);
        Assert.Equal(1, reference[BeatClass.Shutdown, BeatClass.Normal]);
        BeatConfusion test = BeatComparison.Compare([Beat(1000), Beat(3000), Beat(5000)], [Beat(1000), .. off, Beat(5000)], Rate, 10_000, FromStart);
        Assert.Equal(1, test[BeatClass.Normal, BeatClass.Shutdown]);
    }

    [Fact]
    public void ClassesAreThoseOfTheStandard()
    {
        (AnnotationCode Code, BeatClass Class)[] pairs =
        [
            (AnnotationCode.Normal, BeatClass.Normal), (AnnotationCode.LeftBundleBranchBlock, BeatClass.Normal), (AnnotationCode.AtrialEscape, BeatClass.Supraventricular),
            (AnnotationCode.AberratedAtrialPremature, BeatClass.Supraventricular), (AnnotationCode.VentricularEscape, BeatClass.Ventricular), (AnnotationCode.RonT, BeatClass.Ventricular),
            (AnnotationCode.Fusion, BeatClass.Fusion), (AnnotationCode.Paced, BeatClass.Unclassifiable), (AnnotationCode.SignalQuality, BeatClass.None),
        ];
        Assert.All(pairs, p => Assert.Equal(p.Class, BeatClasses.Of(p.Code)));
        Assert.All(Enum.GetValues<BeatClass>()[..5], c => Assert.Equal(c, BeatClasses.Of(BeatClasses.ToAnnotation(c))));
    }

    [Fact]
    public void FusionsCalledVentricularAreExcused()
    {
        WfdbAnnotation[] reference = [new(1000, AnnotationCode.Fusion), new(2000, AnnotationCode.PrematureVentricular), new(3000, AnnotationCode.Normal), new(4000, AnnotationCode.PrematureVentricular)];
        WfdbAnnotation[] test = [.. new long[] { 1000, 2000, 3000 }.Select(s => new WfdbAnnotation(s, AnnotationCode.PrematureVentricular)), Beat(4000)];
        (double sensitivity, double predictivity) = BeatComparison.Compare(reference, test, Rate, 10_000, FromStart).OfClass(BeatClass.Ventricular);
        Assert.Equal((0.5, 0.5), (sensitivity, predictivity));
    }

    [Fact]
    public void EmptyFilesGiveNoNumbers()
    {
        BeatConfusion none = Compare([], []);
        Assert.True(double.IsNaN(none.Sensitivity) && double.IsNaN(none.PositivePredictivity) && double.IsNaN(none.IntervalError));
        Assert.Equal(0, Compare([1000], []).Sensitivity);
    }

    /// <summary>Every count and the RR error of every line that PhysioNet's bxb printed.</summary>
    [Theory]
    [MemberData(nameof(Detectors))]
    public void TheReferenceReportsAgree(string detector)
    {
        string folder = Path.Combine(RepositoryPaths.Recordings ?? "", "mitdb");
        string report = Path.Combine(folder, "detectors", $"bxb-{detector}.txt");
        Assert.SkipUnless(RepositoryPaths.Recordings is not null && File.Exists(report), "the MIT-BIH records are not beside the checkout");
        string[] lines = File.ReadAllLines(report)[1..];
        Assert.True(lines.Length >= 33);
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            WfdbHeader header = WfdbHeaderReader.Read(Path.Combine(folder, $"{words[0]}.hea"));
            IReadOnlyList<WfdbAnnotation> reference = WfdbAnnotationReader.Read(Path.Combine(folder, $"{words[0]}.atr")).At(header.FrameRate);
            IReadOnlyList<WfdbAnnotation> test = WfdbAnnotationReader.Read(Path.Combine(folder, "detectors", $"{words[0]}.{detector}")).At(header.FrameRate);
            BeatConfusion score = BeatComparison.Compare(reference, test, header.FrameRate, header.Frames);
            Assert.Equal(words[1..], BxbLine(score));
        }
    }

    /// <summary>The columns of bxb's line format, SVEB statistics included.</summary>
    private static string[] BxbLine(BeatConfusion score)
    {
        const BeatClass N = BeatClass.Normal, S = BeatClass.Supraventricular, V = BeatClass.Ventricular, F = BeatClass.Fusion, Q = BeatClass.Unclassifiable, O = BeatClass.None, X = BeatClass.Shutdown;
        (double vSe, double vP) = score.OfClass(V);
        (double sSe, double sP) = score.OfClass(S);
        long[] counts =
        [
            .. new BeatClass[][] { [N], [S], [V], [F, Q], [O, X] }.Select(r => Count(r, [N, F, Q])),
            Count([N], [S]), Count([S], [S]), Count([V], [S]), Count([F, Q], [S]), Count([O, X], [S]),
            Count([N], [V]), Count([S], [V]), Count([V], [V]), Count([F, Q], [V]), Count([O, X], [V]),
            .. new BeatClass[][] { [N], [S], [V], [F, Q] }.Select(r => Count(r, [O, X])),
        ];
        string[] figures = [.. new[] { score.Sensitivity, score.PositivePredictivity, vSe, vP, sSe, sP }.Select(f => double.IsNaN(f) ? "-" : (100 * f).ToString("F2", CultureInfo.InvariantCulture))];
        return [.. counts.Select(c => c.ToString(CultureInfo.InvariantCulture)), .. figures, score.IntervalError.ToString("F2", CultureInfo.InvariantCulture)];

        long Count(BeatClass[] reference, BeatClass[] test) => reference.Sum(r => test.Sum(t => score[r, t]));
    }

    private static WfdbAnnotation Beat(long sample) => new(sample, AnnotationCode.Normal);

    private static BeatConfusion Compare(long[] reference, long[] test, BeatComparisonOptions? options = null) =>
        BeatComparison.Compare(reference.Select(Beat), test.Select(Beat), Rate, 200_000, options ?? FromStart);
}
