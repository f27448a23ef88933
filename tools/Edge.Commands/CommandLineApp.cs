using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Edge.Runtime.Diagnostics;

namespace Edge.Commands;

/// <summary>
/// What both commands share: exit codes (0 done, 1 failed job, 2 wrong usage), errors on stderr without stack traces, help
/// with examples. This file is compiled into both.
/// </summary>
internal static class CommandLineApp
{
    public const int Failed = 1;
    public const int WrongUsage = 2;

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Print details, and stack traces of errors.", Recursive = true };

    /// <summary>Parses and runs.</summary>
    /// <param name="examples">Printed below the help of a command; one command line each.</param>
    public static int Run(RootCommand root, IReadOnlyDictionary<Command, string[]> examples, string[] args)
    {
        root.Options.Add(Verbose);
        HelpOption help = root.Options.OfType<HelpOption>().First();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, examples);
        // A file name may start with '@': no response files.
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        bool asksForHelp = result.Action is HelpWithExamples;
        string[] errors = asksForHelp ? [] : [.. UnknownOptions(result), .. result.Errors.Select(e => e.Message)];
        if (errors.Length > 0)
        {
            return Refuse(result, errors);
        }
        try
        {
            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception)
        {
            return Report(exception, IsVerbose(result));
        }
    }

    public static bool IsVerbose(ParseResult result) => result.GetValue(Verbose);

    public static void Warn(string text) => Console.Error.WriteLine($"warning: {text}");

    public static void Error(string text) => Console.Error.WriteLine($"error: {text}");

    /// <summary>Prints an exception and says with which code the process ends.</summary>
    public static int Report(Exception exception, bool verbose)
    {
        Exception cause = exception is TypeInitializationException { InnerException: { } inner } ? inner : exception;
        Error(cause switch
        {
            EdgeException or ArgumentException => cause.Message,
            OutOfMemoryException => $"{EdgeException.Code(EdgeError.OutOfMemory)} memory does not suffice",
            _ => $"{cause.GetType().Name}: {cause.Message}{(verbose ? "" : " (--verbose prints where)")}",
        });
        if (verbose)
        {
            Console.Error.WriteLine(exception);
        }
        return exception is EdgeException { Error: EdgeError.BadOption } ? WrongUsage : Failed;
    }

    /// <summary>Words that look like options but are none: without this they would be taken for file names.</summary>
    private static IEnumerable<string> UnknownOptions(ParseResult result) =>
        result.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
            .Where(t => t.Type == TokenType.Argument && t.Value.Length > 1 && t.Value[0] == '-' && !char.IsAsciiDigit(t.Value[1]))
            .Select(t => $"unknown option '{t.Value}'");

    private static int Refuse(ParseResult result, IEnumerable<string> errors)
    {
        foreach (string message in errors.Distinct())
        {
            Error(message);
        }
        Console.Error.WriteLine($"'{FullName(result.CommandResult)} --help' shows the usage.");
        return WrongUsage;
    }

    private static string FullName(CommandResult command) => command.Parent is CommandResult parent ? $"{FullName(parent)} {command.Command.Name}" : command.Command.Name;

    private sealed class HelpWithExamples(HelpAction inner, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = inner.Invoke(parseResult);
            if (examples.TryGetValue(parseResult.CommandResult.Command, out string[]? lines))
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (string line in lines)
                {
                    output.WriteLine($"  {line}");
                }
                output.WriteLine();
            }
            return code;
        }
    }
}
