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
        Assert.Equal(expected, TileChoice.For(4096, 4096, 512, 1, Profile(8, rate128, rate64, rate32)).Name);

    [Fact]
    public void SmallProductsAreSplitWhereTheDeviceWouldIdle()
    {
        Assert.Equal(1, TileChoice.For(64, 64, 4096, 1, Profile(1, 1, 1, 1)).Splits);
        TileChoice wide = TileChoice.For(64, 64, 4096, 1, DeviceProfile.Default);
        Assert.True(wide.Splits > 1);
        Assert.True((long)wide.Splits * wide.Chunk >= 4096);
    }

    [Fact]
    public void NothingIsSplitWhereALaunchCostsMoreThanItSaves()
    {
        DeviceProfile slow = Profile(96, 1, 1, 1) with { Launch = 1 };
        Assert.Equal(1, TileChoice.For(64, 64, 4096, 1, slow).Splits);
    }

    [Fact]
    public void ATileNeverTakesLessThanByItself()
    {
        DeviceProfile device = Profile(96, 1, 1, 1);
        double one = TileChoice.For(32, 32, 128, 1, device, splits: false).Time;
        Assert.Equal(128 * device.Tile("tile32").Alone, one);
        Assert.Equal(one, TileChoice.For(32, 32 * 96, 128, 1, device, splits: false).Time, one * 1e-9);
    }

    /// <param name="parallel">Tiles that run side by side.</param>
    private static DeviceProfile Profile(int parallel, double rate128, double rate64, double rate32) =>
        new([Tile(128, parallel, rate128), Tile(64, parallel, rate64), Tile(32, parallel, rate32)], 1e-9, 1e-12);

    private static TileSpeed Tile(int size, int parallel, double rate)
    {
        double alone = size * size * 1e-11 / rate;
        return new TileSpeed($"tile{size}", size, alone, alone / parallel);
    }
}
