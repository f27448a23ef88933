using Edge.Commands;
using System.Globalization;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Cli.Ecg;

/// <summary>A decision of the model.</summary>
/// <param name="Sample">Of the R peak or the window's start, in samples of the recording.</param>
/// <param name="Label">Null where samples are missing around the beat.</param>
/// <param name="Text">What <paramref name="Code"/> does not say.</param>
internal sealed record ClassifiedWindow(long Sample, string? Label, AnnotationCode Code, string Text);

/// <summary>A recording, read once: beats are found, windows cut, and each goes through the model.</summary>
internal sealed class ClassificationPass
{
    private const int ChunkSamples = 1024;

    private readonly EcgRecording _recording;
    private readonly EdgeModel _model;
    private readonly InferenceSession _session;
    private readonly EcgPreprocessor _preprocessor;
    private readonly QrsDetector? _detector;
    private readonly Queue<long>? _givenBeats;
    private readonly List<ClassifiedWindow> _result = [];
    private readonly float[] _window;
    private readonly float[] _scores;
    private long _position;

    /// <param name="beats">Where beats are; null = they are detected.</param>
    /// <exception cref="EdgeException">The model does not take one window of float32, or its preprocessing does not fit the rate.</exception>
    public ClassificationPass(EcgRecording recording, EdgeModel model, InferenceSession session, IReadOnlyList<WfdbAnnotation>? beats)
    {
        _recording = recording;
        _model = model;
        _session = session;
        _preprocessor = new EcgPreprocessor(model.Signal!, recording.SampleRate);
        TensorInfo input = session.Inputs[0].Info;
        if (session.Inputs.Count != 1 || session.Outputs.Count != 1 || input.Type != DataType.F32 || session.Outputs[0].Info.Type != DataType.F32 || input.KnownShape.Count != model.Signal!.Window)
        {
            throw new EdgeException(EdgeError.BadInput, $"the model takes {string.Join(", ", session.Inputs.Select(v => v.Info))}, its preprocessing makes windows of {model.Signal!.Window} samples", "convert the model again with a --preprocess file that fits its input");
        }
        _window = new float[model.Signal.Window];
        _scores = new float[session.Outputs[0].Info.KnownShape.Count];
        if (_preprocessor.NeedsBeats)
        {
            _detector = beats is null ? new QrsDetector(recording.SampleRate) : null;
            _givenBeats = beats is null ? null : new Queue<long>(beats.Where(a => AnnotationCodes.IsBeat(a.Code) && a.Sample >= 0).Select(a => a.Sample).Order());
        }
    }

    /// <summary>Windows with missing samples.</summary>
    public int Skipped { get; private set; }

    public List<ClassifiedWindow> Run()
    {
        var chunk = new float[ChunkSamples];
        int count;
        while ((count = _recording.Read(chunk)) > 0)
        {
            foreach (float sample in chunk.AsSpan(0, count))
            {
                Next(sample);
            }
        }
        // What is still on its way through detector and resampler comes out behind missing samples.
        for (double rest = 2 * _recording.SampleRate; rest > 0 && _preprocessor.NeedsBeats; rest--)
        {
            Next(float.NaN);
        }
        return _result;
    }

    private void Next(float sample)
    {
        _preprocessor.AddSample(sample);
        if (_detector is not null && _detector.Next(sample, out QrsBeat beat))
        {
            _preprocessor.AddBeat(beat.Sample);
        }
        while (_givenBeats is { Count: > 0 } && _givenBeats.Peek() <= _position)
        {
            _preprocessor.AddBeat(_givenBeats.Dequeue());
        }
        _position++;
        while (_preprocessor.TryRead(_window, out SignalWindow cut))
        {
            if (cut.IsWhole)
            {
                Classify(cut.Anchor);
            }
            else
            {
                Skip(cut.Anchor);
            }
        }
    }

    /// <summary>A beat that cannot be classified is still a beat.</summary>
    private void Skip(long anchor)
    {
        Skipped++;
        if (_preprocessor.NeedsBeats)
        {
            _result.Add(new ClassifiedWindow(_preprocessor.ToInput(anchor), null, AnnotationCode.Unclassifiable, ""));
        }
    }

    private void Classify(long anchor)
    {
        _session.Run(_window, _scores);
        int best = 0;
        for (int i = 1; i < _scores.Length; i++)
        {
            best = _scores[i] > _scores[best] ? i : best;
        }
        string label = best < _model.Labels.Count ? _model.Labels[best] : best.ToString(CultureInfo.InvariantCulture);
        AnnotationCode? code = _preprocessor.NeedsBeats ? AnnotationCodes.OfSymbol(label) : AnnotationCode.Comment;
        bool named = code is not null and not AnnotationCode.Comment;
        _result.Add(new ClassifiedWindow(_preprocessor.ToInput(anchor), label, code ?? AnnotationCode.Unclassifiable, named ? "" : label));
    }
}
