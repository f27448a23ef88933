using System.Text.Json.Serialization;

namespace Edge.Cli.Ecg;

/// <param name="MissingSeconds">Time without samples.</param>
/// <param name="HeartRate">Mean of the normal intervals, per minute; null where there are none.</param>
/// <param name="RejectedIntervals">Intervals that are not in the statistics: ectopic beats, artefacts.</param>
/// <param name="LatencySeconds">From an R peak to its report.</param>
internal sealed record DetectJson(
    string Record,
    string Channel,
    double SampleRate,
    double Seconds,
    int Beats,
    double MissingSeconds,
    double? HeartRate,
    double? SdnnMs,
    double? RmssdMs,
    double? Pnn50,
    int RejectedIntervals,
    double LatencySeconds,
    double TimesRealTime,
    string? File);

/// <param name="Gross">All records counted together.</param>
/// <param name="Average">Mean of the records' figures.</param>
internal sealed record ScoreReportJson(double WindowMs, double StartSeconds, ScoreJson[] Records, ScoreJson Gross, AverageJson Average);

/// <param name="Matrix">Rows: reference class N S V F Q O X; columns: test class. O = no beat, X = signal shut down.</param>
internal sealed record ScoreJson(
    string Record,
    long TruePositives,
    long FalseNegatives,
    long FalsePositives,
    double? Sensitivity,
    double? PositivePredictivity,
    double? VebSensitivity,
    double? VebPositivePredictivity,
    double? SvebSensitivity,
    double? SvebPositivePredictivity,
    double? IntervalErrorMs,
    long[][] Matrix);

internal sealed record AverageJson(double? Sensitivity, double? PositivePredictivity);

/// <param name="Skipped">Beats or windows that were not classified because samples are missing around them.</param>
internal sealed record ClassifyJson(string Record, string Model, int Classified, int Skipped, Dictionary<string, int> Classes, double MeanMs, string? File);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(DetectJson[]))]
[JsonSerializable(typeof(ScoreReportJson))]
[JsonSerializable(typeof(ClassifyJson))]
internal sealed partial class EcgJson : JsonSerializerContext;
