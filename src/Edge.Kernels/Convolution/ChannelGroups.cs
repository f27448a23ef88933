namespace Edge.Kernels.Convolution;

/// <summary>The groups into which pixel tiles cut output channels: of the width of the tile, and whatever remains.</summary>
internal sealed class ChannelGroups
{
    private readonly int[] _starts;
    private readonly int[] _widths;

    /// <param name="channels">Output channels.</param>
    /// <param name="take">Channels of the next tile, given how many are left; more than are left where the last block is not full.</param>
    public ChannelGroups(int channels, Func<int, int> take)
    {
        var starts = new List<int>();
        var widths = new List<int>();
        for (int at = 0; at < channels; at += widths[^1])
        {
            starts.Add(at);
            widths.Add(take(channels - at));
        }
        _starts = [.. starts];
        _widths = [.. widths];
    }

    public int Count => _starts.Length;

    /// <summary>Channels of the widest group.</summary>
    public int Widest => _widths.Max();

    /// <summary>Channels of all groups, those that do not exist among them.</summary>
    public int PaddedChannels => _starts[^1] + _widths[^1];

    /// <summary>First channel of a group.</summary>
    public int Start(int group) => _starts[group];

    /// <summary>Channels of a group, those that do not exist among them.</summary>
    public int Width(int group) => _widths[group];
}
