using Edge.Commands;
using Edge.Runtime.Diagnostics;

namespace Edge.Cli.Ecg;

/// <summary>
/// The division of the MIT-BIH arrhythmia database into records to learn from and records of other patients to judge by (de Chazal,
/// O'Dwyer and Reilly, "Automatic classification of heartbeats using ECG morphology and heartbeat interval features", 2004).
/// </summary>
internal static class RecordSets
{
    private static readonly string[] Ds1 = ["101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122", "124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"];

    private static readonly string[] Ds2 = ["100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210", "212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"];

    /// <summary>The headers of the records that a choice names and the folder has.</summary>
    /// <param name="choice"><c>ds1</c>, <c>ds2</c>, <c>all</c>, or names separated by commas.</param>
    /// <exception cref="EdgeException">The folder has none of them, or lacks one that is named.</exception>
    public static string[] Find(string folder, string choice)
    {
        string[] all = EcgRecording.RecordsIn(folder);
        string[] chosen = choice.ToLowerInvariant() switch
        {
            "all" => all,
            "ds1" => [.. all.Where(r => Ds1.Contains(EcgRecording.NameOf(r)))],
            "ds2" => [.. all.Where(r => Ds2.Contains(EcgRecording.NameOf(r)))],
            _ => [.. choice.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => all.FirstOrDefault(r => EcgRecording.NameOf(r) == name)
                ?? throw new EdgeException(EdgeError.BadInputFile, $"the folder has no record '{name}'", "name records of the folder, ds1, ds2 or all", folder))],
        };
        return chosen.Length > 0 ? chosen : throw new EdgeException(EdgeError.BadInputFile, $"the folder has no record of '{choice}'", "name records of the folder, ds1, ds2 or all", folder);
    }
}
