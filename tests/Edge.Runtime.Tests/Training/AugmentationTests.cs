using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

public class AugmentationTests
{
    private static readonly float[] Ramp = [.. Enumerable.Range(0, 2 * 3 * 4).Select(i => (float)i)];

    [Fact]
    public void NothingIsChangedByDefault()
    {
        Assert.False(new Augmentation().IsOn);
        Assert.Equal(Ramp, Read(new Augmentation(), Ramp, [2, 3, 4]));
        Assert.Equal(Ramp, Read(new Augmentation(), Ramp, [2, 12]));
    }

    [Fact]
    public void FlipMirrorsRows()
    {
        float[] flipped = Read(new Augmentation { Flip = 1 }, Ramp, [2, 3, 4]);
        for (int row = 0; row < 6; row++)
        {
            Assert.Equal(Ramp.AsSpan(row * 4, 4).ToArray().Reverse(), flipped.AsSpan(row * 4, 4).ToArray());
        }
    }

    [Fact]
    public void HalfATurnIsAFlipOfBothAxes()
    {
        // The angle is random within the bound: the image is turned by some angle, and stays what it is in the middle.
        float[] image = new float[25];
        image[12] = 1;
        float[] turned = Read(new Augmentation { Rotate = 180 }, image, [1, 5, 5]);
        Assert.Equal(1, turned[12], 1e-5f);
        Assert.NotEqual(Ramp, Read(new Augmentation { Rotate = 180 }, Ramp, [2, 3, 4]));
    }

    [Fact]
    public void CutoutBlanksASquareOfItsSize()
    {
        float[] image = [.. Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? 1f : -1f)];
        float[] cut = Read(new Augmentation { Cutout = 0.5f }, image, [1, 8, 8]);
        Assert.Equal(16, cut.Count(v => v == 0));
    }

    [Fact]
    public void SignalsAreShiftedAndScaled()
    {
        float[] signal = new float[100];
        signal[50] = 1;
        float[] shifted = Read(new Augmentation { TimeShift = 0.1f }, signal, [1, 100]);
        Assert.InRange(Array.IndexOf(shifted, 1f), 40, 60);
        float[] scaled = Read(new Augmentation { Amplitude = 0.5f }, signal, [1, 100]);
        Assert.InRange(scaled[50], 0.5f, 1.5f);
        Assert.Equal(0, scaled[49]);
        Assert.InRange(Read(new Augmentation { Wander = 0.3f }, new float[100], [1, 100]).Max(MathF.Abs), 0.001f, 0.3f);
        Assert.InRange(Read(new Augmentation { Noise = 0.1f }, new float[10_000], [1, 10_000]).Average(v => v * v), 0.009f, 0.011f);
    }

    [Fact]
    public void EqualSeedsGiveEqualChanges()
    {
        var all = new Augmentation { Flip = 0.5f, Translate = 0.2f, Scale = 0.2f, Rotate = 20, Jitter = 0.3f, Noise = 0.1f };
        Assert.Equal(Read(all, Ramp, [2, 3, 4]), Read(all, Ramp, [2, 3, 4]));
        AugmentedSamples samples = Make(all, Ramp, [2, 3, 4], copies: 3);
        var first = new float[24];
        var second = new float[24];
        samples.Read(0, first);
        samples.Read(1, second);
        Assert.NotEqual(first, second);
        Assert.Equal(3, samples.Count);
    }

    [Fact]
    public void NumbersOutOfRangeAreRefused()
    {
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => new Augmentation { Flip = 2 }.Validate()).Error);
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => new Augmentation { Noise = float.NaN }.Validate()).Error);
    }

    private static AugmentedSamples Make(Augmentation augmentation, float[] sample, int[] shape, int copies = 1) =>
        new(new MemorySamples(Tensor.From<float>(new Shape([1, .. shape]), sample), [0]), augmentation, shape, copies, 7);

    private static float[] Read(Augmentation augmentation, float[] sample, int[] shape)
    {
        var target = new float[sample.Length];
        Make(augmentation, sample, shape).Read(0, target);
        return target;
    }
}
