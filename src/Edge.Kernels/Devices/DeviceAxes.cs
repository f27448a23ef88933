using Edge.Kernels.Tensors;

namespace Edge.Kernels.Devices;

/// <summary>
/// A loop nest over several operands with as few axes as possible: axes of length 1 are dropped, neighbours that every operand walks
/// through evenly are joined.
/// </summary>
internal sealed class DeviceAxes
{
    private readonly List<int> _dims = [];
    private readonly List<long[]> _steps = [];

    /// <param name="dims">Outermost first.</param>
    /// <param name="strides">Per operand, the step along each axis.</param>
    public DeviceAxes(ReadOnlySpan<int> dims, params long[][] strides)
    {
        Operands = strides.Length;
        Count = new Shape(dims).Count;
        for (int axis = 0; axis < dims.Length; axis++)
        {
            int dim = dims[axis];
            long[] step = [.. strides.Select(s => s[axis])];
            if (dim == 1)
            {
                continue;
            }
            if (_dims.Count > 0 && _steps[^1].Zip(step).All(p => p.First == p.Second * dim) && (long)_dims[^1] * dim <= int.MaxValue)
            {
                _dims[^1] *= dim;
                _steps[^1] = step;
                continue;
            }
            _dims.Add(dim);
            _steps.Add(step);
        }
    }

    public int Operands { get; }

    /// <summary>At least 1.</summary>
    public int Rank => Math.Max(1, _dims.Count);

    public long Count { get; }

    /// <summary>Whether kernels with <paramref name="most"/> axes and 32-bit counts can walk it.</summary>
    public bool Fits(int most) => Rank <= most && Count is > 0 and <= Words.MostElements
        && _steps.Zip(_dims).All(a => a.First.All(s => Math.Abs(s) * a.Second <= Words.MostElements));

    /// <summary>Dimensions 1 to <paramref name="width"/> - 1, counted from the outermost, which is left out; 1 where there is no axis.</summary>
    public int[] InnerDims(int width) => [.. Enumerable.Range(1, width - 1).Select(i => i < _dims.Count ? _dims[i] : 1)];

    /// <summary>The steps of one operand, outermost first; 0 where there is no axis.</summary>
    public int[] Steps(int operand, int width) => [.. Enumerable.Range(0, width).Select(i => i < _steps.Count ? (int)_steps[i][operand] : 0)];

    /// <summary>As <see cref="InnerDims"/> for kernels that keep their axes at the end: the outermost are the missing ones.</summary>
    public int[] RightDims(int width) => [.. Enumerable.Repeat(1, width - _dims.Count).Concat(_dims).Skip(1)];

    /// <summary>As <see cref="Steps"/> with the missing axes outermost.</summary>
    public int[] RightSteps(int operand, int width) => [.. Enumerable.Repeat(0, width - _steps.Count), .. _steps.Select(s => (int)s[operand])];
}
