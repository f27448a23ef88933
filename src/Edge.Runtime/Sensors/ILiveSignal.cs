namespace Edge.Runtime.Sensors;

/// <summary>A live source of samples. Reading waits for the first sample, at most a few seconds, and throws where none comes.</summary>
public interface ILiveSignal : ISignalSource
{
    /// <summary>Faults so far that did not end the source: noise bytes, lost frames, failed transfers.</summary>
    long Errors { get; }
}

/// <summary>A live source whose front-end knows whether its electrodes are on the skin.</summary>
public interface ILeadSensing : ILiveSignal
{
    /// <summary>Whether an electrode is off, as of the newest sample.</summary>
    bool LeadOff { get; }
}
