using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Detection;

/// <summary>
/// Regions of x [N,C,H,W], given as corners x1, y1, x2, y2 times <paramref name="Scale"/>, are cut into bins; each bin is the mean
/// of interpolated samples, or with <paramref name="TakesMax"/> the largest of all weighted neighbours of its samples.
/// Inputs: x, regions [R,4] of the same type, batch indices [R] (s64). Output [R,C,binsH,binsW]. From "Mask R-CNN" (2017).
/// </summary>
/// <param name="SamplingRatio">Samples per bin and axis; 0 = the size of the bin, rounded up.</param>
/// <param name="HalfPixel">Coordinates are shifted by half a position, and regions may be smaller than 1.</param>
public sealed record RoiAlignProblem(
    DataType Type, int Batch, int Channels, int Height, int Width, int Regions, int BinsHeight, int BinsWidth,
    int SamplingRatio, float Scale, bool HalfPixel, bool TakesMax);

/// <summary>Pooling of regions by interpolated samples.</summary>
public static class RoiAlignKernels
{
    /// <summary>Most samples per bin: larger regions are an error in the data.</summary>
    public const int MaxSamples = 1 << 20;

    public static readonly KernelTable<RoiAlignProblem> Table = new(
        "roialign",
        [
            new("roialign_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new RoiAlignReference<float>(p)),
            new("roialign_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new RoiAlignReference<double>(p)),
        ]);
}

/// <summary>The naive row: one bin after another, in double.</summary>
internal sealed unsafe class RoiAlignReference<T>(RoiAlignProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override void Run(in KernelContext context)
    {
        T* corners = (T*)context.Input(1);
        long* batches = (long*)context.Input(2);
        T* y = (T*)context.Output(0);
        long plane = (long)problem.Height * problem.Width;
        for (int r = 0; r < problem.Regions; r++, corners += 4)
        {
            if (batches[r] < 0 || batches[r] >= problem.Batch)
            {
                throw new KernelValueException($"batch index {r} is {batches[r]}, expected 0 to {problem.Batch - 1}");
            }
            Region region = ReadRegion(corners);
            for (int c = 0; c < problem.Channels; c++)
            {
                T* x = (T*)context.Input(0) + (((batches[r] * problem.Channels) + c) * plane);
                for (int bin = 0; bin < problem.BinsHeight * problem.BinsWidth; bin++)
                {
                    *y++ = T.CreateTruncating(Pool(x, region, bin / problem.BinsWidth, bin % problem.BinsWidth));
                }
            }
        }
    }

    private Region ReadRegion(T* corners)
    {
        double shift = problem.HalfPixel ? 0.5 : 0;
        double left = (double.CreateTruncating(corners[0]) * problem.Scale) - shift;
        double top = (double.CreateTruncating(corners[1]) * problem.Scale) - shift;
        double width = (double.CreateTruncating(corners[2]) * problem.Scale) - shift - left;
        double height = (double.CreateTruncating(corners[3]) * problem.Scale) - shift - top;
        width = (problem.HalfPixel ? width : Math.Max(width, 1)) / problem.BinsWidth;
        height = (problem.HalfPixel ? height : Math.Max(height, 1)) / problem.BinsHeight;
        double columns = problem.SamplingRatio > 0 ? problem.SamplingRatio : Math.Ceiling(width);
        double rows = problem.SamplingRatio > 0 ? problem.SamplingRatio : Math.Ceiling(height);
        return Math.Max(columns, 1) * Math.Max(rows, 1) <= RoiAlignKernels.MaxSamples
            ? new Region(left, top, width, height, (int)Math.Max(columns, 0), (int)Math.Max(rows, 0))
            : throw new KernelValueException(FormattableString.Invariant($"a region has bins of {width} x {height}, more than {RoiAlignKernels.MaxSamples} samples"));
    }

    private double Pool(T* x, Region region, int binRow, int binColumn)
    {
        double sum = 0;
        double largest = double.NegativeInfinity;
        for (int i = 0; i < region.Rows; i++)
        {
            double row = region.Top + ((binRow + ((i + 0.5) / region.Rows)) * region.BinHeight);
            for (int j = 0; j < region.Columns; j++)
            {
                double column = region.Left + ((binColumn + ((j + 0.5) / region.Columns)) * region.BinWidth);
                (double total, double most) = Sample(x, row, column);
                sum += total;
                largest = Math.Max(largest, most);
            }
        }
        long samples = (long)region.Rows * region.Columns;
        if (problem.TakesMax)
        {
            return samples == 0 ? 0 : largest;
        }
        return sum / Math.Max(samples, 1);
    }

    /// <summary>Sum and largest of the four weighted neighbours; 0 more than one position outside.</summary>
    private (double Sum, double Largest) Sample(T* x, double row, double column)
    {
        if (!(row >= -1 && row <= problem.Height && column >= -1 && column <= problem.Width))
        {
            return (0, 0);
        }
        (int top, int bottom, double down) = Neighbours(row, problem.Height);
        (int left, int right, double across) = Neighbours(column, problem.Width);
        double a = At(x, top, left) * (1 - down) * (1 - across);
        double b = At(x, top, right) * (1 - down) * across;
        double c = At(x, bottom, left) * down * (1 - across);
        double d = At(x, bottom, right) * down * across;
        return (a + b + c + d, Math.Max(Math.Max(a, b), Math.Max(c, d)));
    }

    private static (int Low, int High, double Weight) Neighbours(double at, int length)
    {
        double clamped = Math.Max(at, 0);
        int low = (int)clamped;
        return low >= length - 1 ? (length - 1, length - 1, 0) : (low, low + 1, clamped - low);
    }

    private double At(T* x, int row, int column) => double.CreateTruncating(x[((long)row * problem.Width) + column]);

    private readonly record struct Region(double Left, double Top, double BinWidth, double BinHeight, int Columns, int Rows);
}
