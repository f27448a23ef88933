using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Convert.Cli;

/// <summary>What output 0 should be for each sample: a .npy file of numbers whose first axis counts samples, the others those of the output without its batch of 1.</summary>
internal static class TargetFile
{
    /// <param name="output">Output 0 of the model.</param>
    /// <returns>For each sample the elements, row-major.</returns>
    /// <exception cref="EdgeException">The file cannot be read, is of another shape, or holds what is no finite number.</exception>
    public static IReadOnlyList<float[]> Read(string path, int samples, TensorInfo output)
    {
        if (output.Shape is not { } shape || !output.Type.IsFloat())
        {
            throw new EdgeException(EdgeError.BadInputFile, $"output 0 is {output}, targets need one of floats of known shape", "leave --targets out", path);
        }
        int[] each = [.. shape.Rank > 0 && shape[0] == 1 ? shape.Dims[1..] : shape.Dims];
        Tensor targets = NpyFile.Read(path);
        var wanted = new Shape([samples, .. each]);
        bool isVector = targets.Shape.Rank == 1 && targets.Shape[0] == samples && shape.Count == 1;
        if ((targets.Shape != wanted && !isVector) || targets.Type == DataType.Bool)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"it holds {targets.Info}, expected numbers of shape {wanted}: {samples} samples of output 0, {output}", "give one target for each sample, in the order of the samples", path);
        }
        float[] values = targets.Type == DataType.F32 ? targets.ToArray<float>() : [.. targets.ToDouble().Select(v => (float)v)];
        int at = Array.FindIndex(values, v => !float.IsFinite(v));
        int size = (int)shape.Count;
        return at < 0
            ? [.. Enumerable.Range(0, samples).Select(i => values.AsSpan(i * size, size).ToArray())]
            : throw new EdgeException(EdgeError.BadInputFile, $"element {at % size} of sample {at / size} is {values[at]}", "give finite targets", path);
    }
}
