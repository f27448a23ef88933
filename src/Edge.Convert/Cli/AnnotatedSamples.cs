using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Convert.Cli;

/// <summary>Samples, and the right class of each where they are windows around beats of annotated records.</summary>
/// <param name="path">As for <see cref="CalibrationFiles.Read"/>.</param>
/// <param name="image">How images become the input.</param>
/// <param name="signal">How recordings become the input.</param>
/// <param name="labels">The model's, in order of its outputs.</param>
internal sealed class AnnotatedSamples(string path, ImagePreprocessing? image, SignalPreprocessing? signal, IReadOnlyList<string> labels)
{
    private readonly List<AnnotationCode?> _beats = [];

    /// <summary>Whether annotations are to be read at all.</summary>
    public bool WantsClasses { get; init; } = true;

    /// <exception cref="EdgeException">A file cannot be read or does not fit.</exception>
    public IReadOnlyList<Tensor[]> Read(IReadOnlyList<TensorInfo> inputs, int most = CalibrationFiles.MostSamples)
    {
        _beats.Clear();
        return CalibrationFiles.Read(path, inputs, image, signal, most, WantsClasses ? _beats : null);
    }

    /// <summary>The class of each sample read, -1 where it is not known; empty where no beat is annotated, or the labels do not tell which class a beat has: then with a warning.</summary>
    /// <exception cref="EdgeException">Beats are annotated, but none of a class of the model.</exception>
    public IReadOnlyList<long> Classes()
    {
        if (!_beats.Any(b => b is not null))
        {
            return [];
        }
        if (BeatLabels.Of(labels) is not { } rule)
        {
            CommandLineApp.Warn(
                $"{path}: beats are annotated, but the model's labels ({(labels.Count == 0 ? "none" : string.Join(", ", labels))}) are neither EC57 groups (N, S, V, F, Q) nor WFDB symbols of beats: answers are compared with those of float32; give --labels or --expected");
            return [];
        }
        long[] classes = [.. _beats.Select(b => (long)rule.ClassOf(b))];
        return classes.Any(c => c >= 0) ? classes : throw new EdgeException(
            EdgeError.BadInputFile, $"none of the {_beats.Count(b => b is not null)} annotated beats is of a class of the model ({string.Join(", ", labels)})", "give records with such beats, or --expected", path);
    }
}
