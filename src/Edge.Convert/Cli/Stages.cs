namespace Edge.Convert.Cli;

/// <summary>Shows on a terminal what a long command is doing; prints nothing into a pipe or a file.</summary>
internal sealed class Stages : IProgress<string>, IDisposable
{
    private const string ClearLine = "\r\u001b[K";

    private readonly bool _visible = !Console.IsErrorRedirected;

    public void Report(string value)
    {
        if (_visible)
        {
            Console.Error.Write($"{ClearLine}{value} ...");
        }
    }

    public void Dispose()
    {
        if (_visible)
        {
            Console.Error.Write(ClearLine);
        }
    }
}
