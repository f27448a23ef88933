using Edge.Commands;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Cli.Ecg;

/// <summary><c>edge ecg detect</c>: the streaming QRS detector on a recording, sample by sample.</summary>
internal sealed class DetectCommand : Command
{
    /// <summary>Extension of annotation files that are written for a whole folder.</summary>
    public const string Annotator = "qrs";

    private readonly Argument<string> _record = new("RECORD") { Description = "A WFDB record (with or without .hea), an EDF file, or a folder of WFDB records." };
    private readonly Option<string> _out = new("--out") { Description = "WFDB annotation file to write; for a folder, a folder for RECORD.qrs files.", HelpName = "FILE.ANN" };
    private readonly Option<int> _channel = CommonOptions.Number("--channel", "Signal to use, counted from 0.", 0, 0, 1023);
    private readonly Option<bool> _json = CommonOptions.Json();

    public DetectCommand()
        : base("detect", "Finds heart beats as they would be found in a stream: causal, with a fixed latency.")
    {
        Arguments.Add(_record);
        Options.Add(_out);
        Options.Add(_channel);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string record = result.GetRequiredValue(_record);
        string? output = result.GetValue(_out);
        bool folder = Directory.Exists(record);
        if (folder && output is not null)
        {
            MakeFolder(output);
        }
        var reports = new List<DetectJson>();
        foreach (string path in folder ? EcgRecording.RecordsIn(record) : [record])
        {
            string? file = folder && output is not null ? Path.Combine(output, $"{EcgRecording.NameOf(path)}.{Annotator}") : output;
            reports.Add(Detect(path, result.GetValue(_channel), file));
        }
        Console.Out.Write(result.GetValue(_json) ? JsonSerializer.Serialize(reports.ToArray(), EcgJson.Default.DetectJsonArray) + "\n" : ToText(reports));
        return 0;
    }

    private static DetectJson Detect(string path, int channel, string? output)
    {
        using var recording = new EcgRecording(path, channel);
        var pass = new DetectionPass(recording);
        long start = Stopwatch.GetTimestamp();
        List<QrsBeat> beats = pass.Run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (output is not null)
        {
            using var writer = new WfdbAnnotationWriter(output, recording.SampleRate);
            foreach (QrsBeat beat in beats)
            {
                writer.Write(new WfdbAnnotation(beat.Sample, AnnotationCode.Normal, Channel: channel));
            }
        }
        HeartRateVariability hrv = pass.Rhythm.Summary();
        return new DetectJson(
            EcgRecording.NameOf(path),
            recording.ChannelName,
            recording.SampleRate,
            pass.Samples / recording.SampleRate,
            beats.Count,
            pass.Missing / recording.SampleRate,
            Finite(hrv.MeanHeartRate),
            Finite(hrv.Sdnn),
            Finite(hrv.Rmssd),
            Finite(hrv.Pnn50),
            hrv.Rejected,
            pass.LatencySeconds,
            pass.Samples / recording.SampleRate / seconds,
            output);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the folder cannot be made: {exception.Message}", "give another --out", folder, exception);
        }
    }

    private static string ToText(List<DetectJson> reports)
    {
        var table = new TextTable("record", "channel", ">seconds", ">missing s", ">beats", ">rate /min", ">SDNN ms", ">RMSSD ms", ">pNN50 %", ">x real time");
        foreach (DetectJson r in reports)
        {
            table.Add(r.Record, r.Channel, Number(r.Seconds, 1), Number(r.MissingSeconds, 1), r.Beats.ToString(CultureInfo.InvariantCulture), Number(r.HeartRate, 1), Number(r.SdnnMs, 0), Number(r.RmssdMs, 0), Number(r.Pnn50 * 100, 1), Number(r.TimesRealTime, 0));
        }
        return table.ToString();
    }

    private static string Number(double? value, int digits) => value is { } v ? v.ToString($"F{digits}", CultureInfo.InvariantCulture) : "-";
}
