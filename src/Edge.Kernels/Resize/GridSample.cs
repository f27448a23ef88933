using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>What a coordinate outside the input reads. The numbers are persisted: they may only grow.</summary>
public enum GridPadding : byte
{
    Zeros = 0,

    /// <summary>The nearest edge.</summary>
    Border = 1,

    /// <summary>Coordinates are mirrored at the edges.</summary>
    Reflection = 2,
}

/// <summary>
/// y[n,c,p] = x[n,c] interpolated at grid[n,p]. A grid point holds a coordinate per spatial axis, the innermost first, from -1
/// to 1: the centres of the first and last position with <paramref name="AlignCorners"/>, else their outer edges.
/// Inputs: x, grid of the same type.
/// </summary>
/// <param name="Spatial">Spatial dimensions of x.</param>
/// <param name="Points">Grid points per batch.</param>
/// <param name="Mode">Nearest rounds ties to even; cubic has a = -0.75.</param>
public sealed record GridSampleProblem(DataType Type, int Batch, int Channels, int[] Spatial, long Points, ResizeMode Mode, GridPadding Padding, bool AlignCorners);

/// <summary>Interpolation at given points.</summary>
public static class GridSampleKernels
{
    public static readonly KernelTable<GridSampleProblem> Table = new(
        "gridsample",
        [
            new("gridsample_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new GridSampleReference<float>(p)),
            new("gridsample_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new GridSampleReference<double>(p)),
        ]);
}

/// <summary>The naive row: finds the taps of each point, then sums them for every channel, in double.</summary>
internal sealed unsafe class GridSampleReference<T> : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Beyond this every coordinate is equally far outside; keeps integers small.</summary>
    private const double Far = 1e9;

    private const int MaxTaps = 4;

    private readonly GridSampleProblem _problem;
    private readonly int _rank;
    private readonly int _taps;
    private readonly long[] _strides;
    private readonly long _plane;
    private readonly long[] _positions;
    private readonly double[] _weights;
    private readonly long[] _offsets;
    private readonly double[] _products;

    public GridSampleReference(GridSampleProblem problem)
    {
        _problem = problem;
        _rank = problem.Spatial.Length;
        _taps = problem.Mode switch { ResizeMode.Nearest => 1, ResizeMode.Linear => 2, _ => MaxTaps };
        _strides = new Shape(problem.Spatial).Strides();
        _plane = new Shape(problem.Spatial).Count;
        _positions = new long[_rank * _taps];
        _weights = new double[_rank * _taps];
        _offsets = new long[(int)Math.Pow(_taps, _rank)];
        _products = new double[_offsets.Length];
    }

    public override void Run(in KernelContext context)
    {
        T* grid = (T*)context.Input(1);
        for (int n = 0; n < _problem.Batch; n++)
        {
            T* x = (T*)context.Input(0) + (n * _problem.Channels * _plane);
            T* y = (T*)context.Output(0) + (n * _problem.Channels * _problem.Points);
            for (long p = 0; p < _problem.Points; p++, grid += _rank)
            {
                FindTaps(grid);
                for (int c = 0; c < _problem.Channels; c++)
                {
                    y[(c * _problem.Points) + p] = T.CreateTruncating(Sum(x + (c * _plane)));
                }
            }
        }
    }

    private double Sum(T* x)
    {
        double sum = 0;
        for (int i = 0; i < _offsets.Length; i++)
        {
            sum += _offsets[i] < 0 ? 0 : _products[i] * double.CreateTruncating(x[_offsets[i]]);
        }
        return sum;
    }

    /// <summary>Fills offsets (-1 = reads 0) and weights of all combinations of the axes' taps.</summary>
    private void FindTaps(T* point)
    {
        for (int axis = 0; axis < _rank; axis++)
        {
            FindAxisTaps(axis, Coordinate(double.CreateTruncating(point[_rank - 1 - axis]), _problem.Spatial[axis]));
        }
        for (int i = 0; i < _offsets.Length; i++)
        {
            int rest = i;
            _offsets[i] = 0;
            _products[i] = 1;
            for (int axis = 0; axis < _rank; axis++, rest /= _taps)
            {
                int tap = (axis * _taps) + (rest % _taps);
                _offsets[i] = _positions[tap] < 0 || _offsets[i] < 0 ? -1 : _offsets[i] + (_positions[tap] * _strides[axis]);
                _products[i] *= _weights[tap];
            }
        }
    }

    private double Coordinate(double g, int length)
    {
        double x = _problem.AlignCorners ? (g + 1) / 2 * (length - 1) : (((g + 1) * length) - 1) / 2;
        x = double.IsNaN(x) ? -Far : Math.Clamp(x, -Far, Far);
        x = _problem.Mode == ResizeMode.Nearest ? Math.Round(x, MidpointRounding.ToEven) : x;
        return _problem.Padding switch
        {
            GridPadding.Border => Math.Clamp(x, 0, length - 1),
            GridPadding.Reflection => Reflect(x, length),
            _ => x,
        };
    }

    private void FindAxisTaps(int axis, double x)
    {
        double floor = Math.Floor(x);
        double r = x - floor;
        int first = _taps == MaxTaps ? -1 : 0;
        for (int t = 0; t < _taps; t++)
        {
            _positions[(axis * _taps) + t] = Resolve((long)floor + first + t, _problem.Spatial[axis]);
            _weights[(axis * _taps) + t] = _problem.Mode switch
            {
                ResizeMode.Nearest => 1,
                ResizeMode.Linear => t == 0 ? 1 - r : r,
                _ => Interpolation.Cubic(Math.Abs(first + t - r), -0.75),
            };
        }
    }

    /// <summary>The position that a tap reads, or -1 where it reads 0.</summary>
    private long Resolve(long position, int length)
    {
        if (position >= 0 && position < length)
        {
            return position;
        }
        return _problem.Padding switch
        {
            GridPadding.Border => Math.Clamp(position, 0, length - 1),
            GridPadding.Reflection => Math.Clamp((long)Reflect(position, length), 0, length - 1),
            _ => -1,
        };
    }

    private double Reflect(double x, int length)
    {
        double low = _problem.AlignCorners ? 0 : -0.5;
        double range = _problem.AlignCorners ? length - 1 : length;
        if (range == 0)
        {
            return 0;
        }
        double distance = Math.Abs(x - low);
        double turns = Math.Floor(distance / range);
        double rest = distance - (turns * range);
        return low + (turns % 2 == 0 ? rest : range - rest);
    }
}
