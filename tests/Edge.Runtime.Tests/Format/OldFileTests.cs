using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;

namespace Edge.Runtime.Tests.Format;

/// <summary>Files written by released versions. They are never written again: whoever breaks one changes the format.</summary>
public class OldFileTests
{
    [Fact]
    public void FullFileOfVersion10HoldsWhatItHeld()
    {
        ModelFile model = EdgeReader.Read(Sample("v1.0-full.edge"));

        Assert.Equal("voll – ßİ漢", model.Graph.Name);
        Assert.Equal(["cat", "dog", ""], model.Labels);
        Assert.Equal((3, 2, ResizeMode.Letterbox, Interpolation.Bicubic, ChannelOrder.Bgr), (model.Image!.Width, model.Image.Height, model.Image.Resize, model.Image.Interpolation, model.Image.Channels));
        Assert.Equal([0.1f, 0.2f, 0.3f], model.Image.Mean);
        Assert.Equal((360, 180, 360f, 0.5f, 40f, 50f, true), (model.Signal!.Window, model.Signal.Hop, model.Signal.SampleRate, model.Signal.HighPass, model.Signal.LowPass, model.Signal.Notch, model.Signal.Standardize));
        Assert.Equal([1L, 0, 1L << 40], Assert.Single(model.Statistics).Histogram);
        Assert.Equal("test 1", model.Provenance.Writer);
        Assert.Equal((0.125f, -7), (model.Graph.Inputs[0].Info.Quant!.Scales[0], model.Graph.Inputs[0].Info.Quant!.ZeroPoints[0]));
    }

    [Theory]
    [InlineData("v1.0-full.edge")]
    [InlineData("v1.0-network.edge")]
    public void OldFilesComputeWhatTheyComputed(string name)
    {
        ModelFile model = EdgeReader.Read(Sample(name));
        using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1 });
        Assert.NotEmpty(model.Goldens);
        foreach (GoldenSample golden in model.Goldens)
        {
            Tensor[] outputs = session.Run(golden.InputValues());
            Assert.All(outputs.Zip(golden.Outputs.Select(o => o.Values)), pair => Assert.Null(Edge.Testing.Close.Difference(pair.First, pair.Second)));
        }
    }

    private static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "Samples", name);
}
