namespace Edge.Bench.Devices;

/// <summary>One model on one device.</summary>
/// <param name="Api"><c>opencl</c> or <c>vulkan</c>.</param>
/// <param name="Steps">Steps of the plan.</param>
/// <param name="StepsOnDevice">Those that the device computes.</param>
/// <param name="Submissions">Batches of work handed to the device per inference.</param>
/// <param name="Difference">Largest |a-b| / max|b| to the processor over all outputs.</param>
/// <param name="SameBits">Every output has the bits of the processor's.</param>
/// <param name="Milliseconds">Median of the runs behind the first.</param>
public sealed record DeviceResult(string Api, int Steps, int StepsOnDevice, long Submissions, double Difference, bool SameBits, double Milliseconds);

/// <summary>A model in one precision on the processor and on the devices.</summary>
/// <param name="Precision"><c>float32</c> or <c>int8</c>.</param>
/// <param name="IsExact">Computed in integers throughout: every device has to give the same bits.</param>
/// <param name="ProcessorMs">Median on the processor.</param>
public sealed record DeviceRow(string Model, string Precision, bool IsExact, long MultiplyAdds, double ProcessorMs, IReadOnlyList<DeviceResult> Results)
{
    /// <summary>Largest difference of float32 that is allowed.</summary>
    public const double Limit = 1e-3;

    public bool Agrees => Results.All(r => IsExact ? r.SameBits : r.Difference <= Limit);
}
