namespace Edge.Kernels.Threading;

/// <summary>What a pool trades: the time of an answer against the energy of waiting for work.</summary>
public enum PowerPolicy
{
    /// <summary>Fast cores; threads spin for microseconds after work, then park.</summary>
    Balanced,

    /// <summary>Fast cores; threads spin for about a millisecond, so that they are awake from layer to layer and from frame to frame of a fast stream.</summary>
    Latency,

    /// <summary>The slow cores where there are two kinds, otherwise half of the cores; threads park at once.</summary>
    Eco,
}
