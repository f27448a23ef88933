namespace Edge.Convert.Quantize;

/// <summary>What is right for the samples that a model is quantized with, as far as it is known.</summary>
internal sealed record RightAnswers
{
    /// <summary>The right class of each sample, -1 where it is not known; empty where none is.</summary>
    public IReadOnlyList<long> Classes { get; init; } = [];

    /// <summary>What output 0 should be for each sample, row-major; empty where that is not known.</summary>
    public IReadOnlyList<float[]> Targets { get; init; } = [];
}

/// <summary>Mean squared errors of output 0 against the targets, over all elements and samples.</summary>
/// <param name="Float32">Of the model before quantization.</param>
/// <param name="Int8">Of what was written.</param>
public sealed record TargetErrors(double Float32, double Int8);
