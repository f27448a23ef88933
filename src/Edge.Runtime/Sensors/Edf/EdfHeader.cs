namespace Edge.Runtime.Sensors.Edf;

/// <summary>What the header of an EDF or EDF+ file says; see <see cref="EdfHeaderReader"/>.</summary>
public sealed record EdfHeader
{
    public string Patient { get; init; } = "";

    public string Recording { get; init; } = "";

    /// <summary>EDF+ with records that need not follow each other (EDF+D).</summary>
    public bool IsDiscontinuous { get; init; }

    /// <summary>Bytes of the header.</summary>
    public required int Bytes { get; init; }

    /// <summary>Seconds of a data record; 0 only in files that hold nothing but annotations.</summary>
    public required double RecordSeconds { get; init; }

    /// <summary>Data records; what the file holds where the header does not say.</summary>
    public required long Records { get; init; }

    /// <summary>All signals in their order in a data record, annotation signals included.</summary>
    public required IReadOnlyList<EdfSignal> Signals { get; init; }

    /// <summary>Bytes of one data record.</summary>
    public int RecordBytes => Signals.Sum(s => s.SamplesPerRecord) * sizeof(short);
}

/// <summary>One signal of an EDF file: physical = (digital - DigitalMin) * (PhysicalMax - PhysicalMin) / (DigitalMax - DigitalMin) + PhysicalMin.</summary>
public sealed record EdfSignal(string Label, string Unit, double PhysicalMin, double PhysicalMax, int DigitalMin, int DigitalMax, int SamplesPerRecord)
{
    /// <summary>Label of signals that hold texts instead of samples.</summary>
    public const string AnnotationLabel = "EDF Annotations";

    public bool IsAnnotation => Label == AnnotationLabel;

    /// <summary>NaN for -32768 where that is below the digital minimum: so <see cref="EdfWriter"/> stores missing samples.</summary>
    public double ToPhysical(short digital) => digital == EdfWriter.Missing && digital < DigitalMin ? double.NaN : ((digital - (double)DigitalMin) * (PhysicalMax - PhysicalMin) / (DigitalMax - (double)DigitalMin)) + PhysicalMin;
}

/// <summary>A text of an EDF+ file.</summary>
/// <param name="Onset">Seconds since the start of the file.</param>
/// <param name="Duration">In seconds; null where it has none.</param>
public sealed record EdfAnnotation(double Onset, double? Duration, string Text);
