using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes;

/// <summary>One remark of a pass.</summary>
/// <param name="Pass">Name of the pass.</param>
/// <param name="Text">What was rewritten, or why a candidate was not.</param>
public sealed record PassRemark(string Pass, string Text);

/// <summary>
/// What the passes did: rewrites (<c>Conv 'a' + BatchNorm 'b'</c>) with counts per pass, candidates that were left alone with
/// the reason (<c>Conv 'x': output is read by 2 nodes</c>), and notices that the user should see (lowered types).
/// </summary>
public sealed class PassLog
{
    private readonly List<PassRemark> _rewrites = [];
    private readonly List<PassRemark> _notices = [];
    private readonly Dictionary<string, List<PassRemark>> _missed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private string _pass = "";

    /// <summary>What was rewritten, in order.</summary>
    public IReadOnlyList<PassRemark> Rewrites => _rewrites;

    /// <summary>Facts that the user should see even when nothing else is printed.</summary>
    public IReadOnlyList<PassRemark> Notices => _notices;

    /// <summary>Candidates that the last run of each pass left alone, with the reason.</summary>
    public IEnumerable<PassRemark> Missed => _missed.Values.SelectMany(m => m).Distinct();

    /// <summary>Rewrites per pass, in the order in which passes first ran; passes that did nothing are left out.</summary>
    public IEnumerable<(string Pass, int Count)> Counts => _counts.Where(c => c.Value > 0).Select(c => (c.Key, c.Value));

    /// <summary>Records a rewrite of the nodes, in the order of the data flow.</summary>
    public void Rewrote(params ReadOnlySpan<Node> nodes) => Rewrote(string.Join(" + ", nodes.ToArray().Select(n => n.Place)));

    public void Rewrote(string text) => _rewrites.Add(new PassRemark(_pass, text));

    /// <summary>Records why a candidate was left alone.</summary>
    public void Skipped(Node node, string reason) => _missed[_pass].Add(new PassRemark(_pass, $"{node.Place}: {reason}"));

    public void Notice(string text) => _notices.Add(new PassRemark(_pass, text));

    /// <summary>A pass begins: what it left alone in earlier rounds is forgotten, it is going to look again.</summary>
    internal void Begin(string pass)
    {
        _pass = pass;
        _missed[pass] = [];
        _counts.TryAdd(pass, 0);
    }

    internal void End(int rewrites) => _counts[_pass] += rewrites;
}
