using Edge.Kernels.Dispatch;
using Edge.Kernels.Gemm;

namespace Edge.Kernels.Tests;

public class TileChoiceTests
{
    [Theory]
    [InlineData(1, 0.75, 0.4, "tile128")]
    [InlineData(0.1, 1, 0.4, "tile64")]
    [InlineData(0.1, 0.2, 1, "tile32")]
    public void TheFastestTileIsTakenWhereAllAreFull(double rate128, double rate64, double rate32, string expected) =>
        Assert.Equal(expected, TileChoice.For(4096, 4096, 512, 1, new DeviceProfile(8, rate128, rate64, rate32)).Name);

    [Fact]
    public void SmallProductsAreSplitWhereTheDeviceWouldIdle()
    {
        Assert.Equal(1, TileChoice.For(64, 64, 4096, 1, new DeviceProfile(1, 1, 1, 1)).Splits);
        TileChoice wide = TileChoice.For(64, 64, 4096, 1, DeviceProfile.Default);
        Assert.True(wide.Splits > 1);
        Assert.True((long)wide.Splits * wide.Chunk >= 4096);
    }
}
