using Edge.Bench.Soak;
using Edge.Runtime;
using Edge.Runtime.Execution;

namespace Edge.Bench.Tests;

/// <summary>The parts of the soak test; the test itself takes minutes.</summary>
public class SoakTests
{
    /// <summary>A line of 3 MiB per hour with a saw on it, behind a steep warm-up.</summary>
    [Fact]
    public void TheSlopeIsThatAfterTheWarmUp()
    {
        const double Mebibyte = 1 << 20;
        MemorySample At(double minute)
        {
            double resident = minute < 2 ? 40 + (10 * minute) : 60 + (minute * 3 / 60) + (((int)(minute * 6) % 2) * 0.01);
            return new MemorySample(minute, (long)(resident * Mebibyte), 0, 0, 0, 0);
        }
        var series = new MemorySeries([.. Enumerable.Range(0, 60).Select(i => At(i / 6.0))], 2);
        Assert.Equal(3, series.Slope, 0.05);
        Assert.Equal("60.1 to 60.5 MiB", series.Range);
        string[] lines = series.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2 + 12, lines.Length);
        Assert.StartsWith("| 9.8", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ASlowModelTakesTheTimeThatIsAskedFor()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.edge");
        try
        {
            int few = SlowModel.Write(path, 1);
            int many = SlowModel.Write(path, 60);
            Assert.True(many > few, $"{many} convolutions for 60 ms, {few} for 1 ms");
            EdgeModel model = EdgeModel.Open(path);
            Assert.NotNull(model.Image);
            using InferenceSession session = model.CreateSession(new SessionOptions { Threads = 1 });
            session.SetInput(0, RandomInputs.Create(session.Inputs[0].Info, 1));
            session.Execute();
            float[] scores = session.ReadOutput(0).ToArray<float>();
            Assert.All(scores, s => Assert.True(float.IsFinite(s)));
            Assert.Contains(scores, s => s > 1e-3f);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
