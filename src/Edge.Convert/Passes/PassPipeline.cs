using Edge.Convert.Passes.Cleanup;
using Edge.Convert.Passes.Fold;
using Edge.Convert.Passes.Fuse;
using Edge.Convert.Passes.Layout;
using Edge.Convert.Passes.Lower;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes;

/// <summary>
/// An ordered list of passes. The first group runs once; the second is repeated until a whole round changes nothing. After
/// every pass the graph is validated, so that a mistake is reported by the pass that made it.
/// </summary>
/// <param name="once">Legalization: turns the graph into one that the runtime can compute.</param>
/// <param name="repeated">Optimization: may be left out.</param>
public sealed class PassPipeline(IReadOnlyList<IPass> once, IReadOnlyList<IPass> repeated)
{
    /// <summary>Rounds after which the rest is left as it is. Models need 2 to 4.</summary>
    private const int MaxRounds = 64;

    private readonly IReadOnlyList<IPass> _repeated = repeated;

    private static readonly IPass[] Legalization = [new LowerFloat16(), new LowerFloat64()];

    /// <summary>What every graph needs before it can run; changes nothing else.</summary>
    public static PassPipeline Required => new(Legalization, []);

    /// <summary>Everything, in order.</summary>
    public static PassPipeline Default => new(
        Legalization,
        [
            new EliminateDeadNodes(),
            new EliminateIdentity(),
            new FoldConstants(),
            new TransposeToReshape(),
            new CancelTransposes(),
            new SimplifyReshape(),
            new ConcatZerosToPad(),
            new ReplaceSpatialMean(),
            new FuseHardSwish(), // before constants are folded: it looks for them
            new FuseSilu(),
            new FuseGelu(),
            new FuseChannelShuffle(),
            new FusePad(),
            new FuseGemmBias(),
            new FuseDynamicProduct(),
            new SplitBeforeConcat(),
            new FoldBatchNorm(),
            new FoldConvScale(),
            new FuseConvAdd(),
            new FuseActivation(),
        ]);

    /// <summary>What comes before quantization: everything but the fusion of sums and activations, whose operands need ranges of their own.</summary>
    public static PassPipeline BeforeQuantization => new(Legalization, [.. Default._repeated.Where(p => p is not (FuseConvAdd or FuseActivation))]);

    /// <summary>All passes, in order.</summary>
    public IEnumerable<IPass> Passes => once.Concat(_repeated);

    /// <summary>Runs the passes on <paramref name="graph"/>, which they change in place.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="EdgeException">A pass broke the graph (EC1301, names pass and node), or a constant cannot be computed.</exception>
    public PassLog Run(Graph graph)
    {
        var log = new PassLog();
        UniqueNames.Apply(graph);
        GraphValidator.Validate(graph);
        foreach (IPass pass in once)
        {
            RunPass(pass, graph, log);
        }
        for (int round = 0; ; round++)
        {
            int rewrites = 0;
            foreach (IPass pass in _repeated)
            {
                rewrites += RunPass(pass, graph, log);
            }
            if (rewrites == 0)
            {
                return log;
            }
            if (round == MaxRounds)
            {
                log.Notice($"the passes still found work after {MaxRounds} rounds; the last rewrite is {log.Rewrites[^1].Text}");
                return log;
            }
        }
    }

    private static int RunPass(IPass pass, Graph graph, PassLog log)
    {
        try
        {
            log.Begin(pass.Name);
            int rewrites = pass.Run(graph, log);
            log.End(rewrites);
            if (rewrites > 0)
            {
                UniqueNames.Apply(graph);
                GraphValidator.Validate(graph);
            }
            return rewrites;
        }
        catch (EdgeException exception) when (exception.Error is not (EdgeError.TooLarge or EdgeError.BadValue))
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"the pass {pass.Name} failed: {exception.Problem}", "report this model", exception.Place, exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"the pass {pass.Name} failed: {exception.Message}", "report this model", inner: exception);
        }
    }
}
