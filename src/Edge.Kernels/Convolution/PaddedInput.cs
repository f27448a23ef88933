using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The rows and columns that the windows of a convolution touch, with padding spelled out as zeros, so that no tile has to look
/// for borders. The copy costs a few percent of any convolution with more than one tap. H and W only.
/// </summary>
internal sealed unsafe class PaddedInput
{
    private readonly Extent _input;
    private readonly Window _window;
    private readonly int _element;

    /// <param name="element">Contiguous channels per position: 8 for blocked input, 1 for planar input.</param>
    public PaddedInput(ConvProblem problem, int element)
    {
        _input = problem.Input;
        _window = problem.Window;
        _element = element;
        Planes = element == 1 ? problem.InChannels : Layouts.Blocks(problem.InChannels);
        IsNeeded = _window.PadBegin != Extent.Zero || Reach(problem, 1) > _input.H || Reach(problem, 2) > _input.W;
        Height = IsNeeded ? checked((int)Reach(problem, 1)) : _input.H;
        Width = IsNeeded ? checked((int)Reach(problem, 2)) : _input.W;
    }

    /// <summary>Whether windows reach beyond the input; otherwise the input is read as it is.</summary>
    public bool IsNeeded { get; }

    /// <summary>Rows that can be read.</summary>
    public int Height { get; }

    public int Width { get; }

    /// <summary>Channels, or blocks of channels.</summary>
    public int Planes { get; }

    public long PlaneFloats => (long)Height * Width * _element;

    /// <summary>Working memory for the copy; 0 where none is needed.</summary>
    public long ScratchBytes => IsNeeded ? checked(Planes * PlaneFloats * sizeof(float)) : 0;

    /// <summary>Copies one plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyPlane(float* input, float* padded, int plane)
    {
        float* source = input + (plane * _input.Count * _element);
        float* target = padded + (plane * PlaneFloats);
        int rowFloats = Width * _element;
        int left = Math.Min(_window.PadBegin.W, Width);
        int count = Math.Max(0, Math.Min(_input.W, Width - left));
        for (int row = 0; row < Height; row++, target += rowFloats)
        {
            int y = row - _window.PadBegin.H;
            if ((uint)y >= (uint)_input.H)
            {
                new Span<float>(target, rowFloats).Clear();
                continue;
            }
            new Span<float>(target, left * _element).Clear();
            float* from = source + ((long)y * _input.W * _element);
            new ReadOnlySpan<float>(from, count * _element).CopyTo(new Span<float>(target + (left * _element), count * _element));
            new Span<float>(target + ((left + count) * _element), (Width - left - count) * _element).Clear();
        }
    }

    private static long Reach(ConvProblem problem, int axis) => ((problem.Output[axis] - 1L) * problem.Window.Stride[axis]) + problem.Window.Span(axis);
}
