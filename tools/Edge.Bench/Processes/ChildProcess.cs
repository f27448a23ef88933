using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Processes;

/// <summary>One run of a program.</summary>
/// <param name="FirstOutput">From before the start of the process until its first byte on stdout.</param>
public sealed record ChildProcess(string Output, TimeSpan FirstOutput)
{
    /// <exception cref="EdgeException">The program is missing, failed, or printed nothing.</exception>
    public static ChildProcess Run(string program, params string[] arguments)
    {
        if (!File.Exists(program))
        {
            throw new EdgeException(EdgeError.BadInputFile, "the program is not there", "build it with dotnet build -c Release Edge.sln", program);
        }
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        int first = process.StandardOutput.Read();
        TimeSpan firstOutput = Stopwatch.GetElapsedTime(start);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 || first < 0)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with code {process.ExitCode}: {errors.Result.Trim()}", place: program);
        }
        return new ChildProcess((char)first + output, firstOutput);
    }
}
