namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>A label at one sample of a record.</summary>
/// <param name="Sample">Counted from 0, in sample intervals of the annotator (usually the record's frames). Some detectors write one a
/// little below 0.</param>
/// <param name="Subtype">-128 to 127.</param>
/// <param name="Channel">0 to 255: the signal that is meant.</param>
/// <param name="Number">-128 to 127.</param>
/// <param name="Text">Auxiliary text, as rhythms <c>(AFIB</c> and comments; at most 255 Latin-1 characters.</param>
public sealed record WfdbAnnotation(long Sample, AnnotationCode Code, int Subtype = 0, int Channel = 0, int Number = 0, string Text = "");
