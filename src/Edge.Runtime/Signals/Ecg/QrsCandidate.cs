namespace Edge.Runtime.Signals.Ecg;

/// <summary>A wave that may be a QRS complex.</summary>
/// <param name="Sample">Where the level is highest: the middle of the wave.</param>
/// <param name="Level">Natural logarithm of the level, in mV.</param>
/// <param name="Sharpness">Natural logarithm of the level at higher frequencies.</param>
internal readonly record struct QrsCandidate(long Sample, double Level, double Sharpness);
