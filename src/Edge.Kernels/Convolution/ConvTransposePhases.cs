using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Transposed convolution by phases: the outputs at o = f + j * stride, for each phase f below the stride, are an ordinary
/// convolution with stride 1 over those taps that reach them. Nothing is multiplied by inserted zeros, and every output is
/// written once.
/// </summary>
internal static class ConvTransposePhases
{
    /// <summary>Phases beyond which the bookkeeping would outweigh the work.</summary>
    private const long MostPhases = 4096;

    public static bool Fits(ConvTransposeProblem problem) =>
        problem.Type == DataType.F32 && problem.HasConstantWeights && problem.Output.Count <= int.MaxValue && !problem.IsEmpty
        && Phases(problem).Count <= MostPhases && problem.GroupInChannels * problem.Window.Kernel.Count <= int.MaxValue;

    public static Kernel Create<TLanes>(ConvTransposeProblem problem) where TLanes : struct, ILanes<TLanes> =>
        Epilogues.Visit<Factory<TLanes>, Kernel>(problem.Activation.Kind, new Factory<TLanes>(problem));

    /// <summary>Phases along each axis.</summary>
    public static Extent Phases(ConvTransposeProblem problem) => new(
        Math.Min(problem.Window.Stride.D, problem.Output.D), Math.Min(problem.Window.Stride.H, problem.Output.H), Math.Min(problem.Window.Stride.W, problem.Output.W));

    private readonly struct Factory<TLanes>(ConvTransposeProblem problem) : IEpilogueVisitor<Kernel>
        where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new ConvTransposePhases<TLanes, TEpilogue>(problem);
    }
}

/// <inheritdoc cref="ConvTransposePhases"/>
internal sealed unsafe class ConvTransposePhases<TLanes, TEpilogue> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Outputs of a phase that are computed together.</summary>
    private const int TileColumns = 96;

    private readonly ConvTransposeProblem _problem;
    private readonly Phase[] _phases;
    private readonly int _blocksPerPhase;

    public ConvTransposePhases(ConvTransposeProblem problem) : base(problem.HasBias ? 3 : 2)
    {
        _problem = problem;
        Extent phases = ConvTransposePhases.Phases(problem);
        _phases = new Phase[(int)phases.Count];
        for (int i = 0; i < _phases.Length; i++)
        {
            _phases[i] = new Phase(problem, new Extent(i / phases.W / phases.H, i / phases.W % phases.H, i % phases.W));
        }
        _blocksPerPhase = _phases.Max(p => PackedProduct<TLanes, TEpilogue>.CeilDivide((int)p.Grid.Output.Count, TileColumns));
    }

    public override long PackedBytes => _phases.Sum(p => p.Plan.A.PackedBytes);

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        Tensor weights = inputs[1] ?? throw new InvalidOperationException("the weights have to be constant");
        foreach (Phase phase in _phases)
        {
            phase.Bind(weights);
        }
        long tiles = (long)_phases.Length * _problem.Batch * _problem.Groups * _blocksPerPhase;
        SetTiles(tiles, (ResultFloats + _phases.Max(p => p.Product.ScratchFloats)) * sizeof(float));
    }

    private long ResultFloats => (long)_problem.GroupOutChannels * TileColumns;

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int batches = _problem.Batch * _problem.Groups;
        Phase phase = _phases[tile / _blocksPerPhase / batches];
        int batch = tile / _blocksPerPhase % batches;
        int column = tile % _blocksPerPhase * TileColumns;
        int columns = Math.Min(TileColumns, (int)phase.Grid.Output.Count - column);
        if (columns <= 0)
        {
            return;
        }
        float* result = (float*)scratch;
        phase.Product.Compute(arguments, batch, 0, _problem.GroupOutChannels, column, columns, result, TileColumns, result + ResultFloats);
        for (int row = 0; row < _problem.GroupOutChannels; row++)
        {
            long plane = ((long)batch * _problem.GroupOutChannels) + row;
            Scatter(phase, result + ((long)row * TileColumns), (float*)arguments.Output + (plane * _problem.Output.Count), column, columns);
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (Phase phase in _phases)
        {
            phase.Plan.A.Dispose();
        }
    }

    /// <summary>Writes outputs of a phase to their places in a plane.</summary>
    private void Scatter(Phase phase, float* values, float* plane, int start, int count)
    {
        Extent grid = phase.Grid.Output;
        Extent stride = _problem.Window.Stride;
        int w = start % grid.W;
        int h = start / grid.W % grid.H;
        int d = start / grid.W / grid.H;
        for (int i = 0; i < count; i++)
        {
            long row = ((long)(phase.First.D + (d * stride.D)) * _problem.Output.H) + phase.First.H + (h * stride.H);
            plane[(row * _problem.Output.W) + phase.First.W + (w * stride.W)] = values[i];
            if (++w == grid.W)
            {
                w = 0;
                if (++h == grid.H)
                {
                    h = 0;
                    d++;
                }
            }
        }
    }

    /// <summary>The outputs at First + j * stride, and the taps that reach them.</summary>
    private sealed class Phase
    {
        private readonly ConvTransposeProblem _problem;
        private readonly int[][] _taps;
        private readonly StridedPanels _weights;

        public Phase(ConvTransposeProblem problem, Extent first)
        {
            _problem = problem;
            First = first;
            _taps = [.. Enumerable.Range(0, Extent.MaxRank).Select(Reaching)];
            Window window = problem.Window;
            var output = new Extent(
                Count(problem.Output.D, first.D, window.Stride.D), Count(problem.Output.H, first.H, window.Stride.H), Count(problem.Output.W, first.W, window.Stride.W));
            Grid = new TapGrid(problem.Input, output, Extent.One, Offsets(0), Offsets(1), Offsets(2), problem.GroupInChannels);
            int rows = problem.GroupOutChannels;
            int depth = Grid.Taps * problem.GroupInChannels;
            long[] groups = [.. Enumerable.Range(0, problem.Groups).Select(g => (long)g * rows * depth)];
            _weights = new StridedPanels(RegisterTile<TLanes, TEpilogue>.Rows, 1, groups, rows, depth, depth, 1);
            Plan = new ProductPlan(
                problem.Batch * problem.Groups, rows, (int)output.Count, depth, _weights, new TapPanels(RegisterTile<TLanes, TEpilogue>.Columns, Grid),
                problem.HasBias ? 2 : -1, new GemmAddend(1, 0), 1, problem.Groups, rows, -1, problem.Activation);
            Product = new PackedProduct<TLanes, TEpilogue>(Plan, rows, TileColumns);
        }

        public Extent First { get; }

        public TapGrid Grid { get; }

        public ProductPlan Plan { get; }

        public PackedProduct<TLanes, TEpilogue> Product { get; }

        /// <summary>Gathers this phase's taps, (groups, M/G, C/G, taps), and packs them.</summary>
        public void Bind(Tensor weights)
        {
            int kernel = (int)_problem.Window.Kernel.Count;
            Tensor gathered = Tensor.Allocate(DataType.F32, new Shape(_problem.OutChannels, Plan.K));
            float* to = (float*)gathered.Data;
            for (int m = 0; m < _problem.OutChannels; m++)
            {
                int group = m / _problem.GroupOutChannels;
                for (int c = 0; c < _problem.GroupInChannels; c++)
                {
                    long matrix = (((long)group * _problem.GroupInChannels) + c) * _problem.GroupOutChannels + (m % _problem.GroupOutChannels);
                    float* from = (float*)weights.Data + (matrix * kernel);
                    foreach (int tap in TapIndices())
                    {
                        *to++ = from[tap];
                    }
                }
            }
            _weights.Bind([null, gathered]);
            GC.KeepAlive(gathered);
            GC.KeepAlive(weights);
        }

        private static int Count(int outputs, int first, int stride) => PackedProduct<TLanes, TEpilogue>.CeilDivide(outputs - first, stride);

        private List<int> TapIndices()
        {
            Extent kernel = _problem.Window.Kernel;
            return [.. from d in _taps[0] from h in _taps[1] from w in _taps[2] select (((d * kernel.H) + h) * kernel.W) + w];
        }

        private int[] Reaching(int axis) =>
            [.. Enumerable.Range(0, _problem.Window.Kernel[axis]).Where(k => Distance(axis, k) % _problem.Window.Stride[axis] == 0)];

        private int[] Offsets(int axis) => [.. _taps[axis].Select(k => (int)(Distance(axis, k) / _problem.Window.Stride[axis]))];

        private long Distance(int axis, int tap) =>
            First[axis] + (long)_problem.Window.PadBegin[axis] - ((long)tap * _problem.Window.Dilation[axis]);
    }
}
