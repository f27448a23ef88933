using Edge.Client.Wire;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Protocol;

/// <summary>Answers the requests of one client.</summary>
internal sealed class ClientSession
{
    private readonly ModelInstance _model;
    private readonly IImageCodec _codec;
    private readonly FramePreprocessor? _preprocessor;
    private readonly ImageFrame _frame = new();
    private readonly float[] _input;

    public ClientSession(ModelInstance model, IImageCodec codec)
    {
        _model = model;
        _codec = codec;
        _input = new float[model.Input.Info.KnownShape.Count];
        _preprocessor = model.Model.Image is { } image ? new FramePreprocessor(image) : null;
    }

    public Answer Compute(Request request)
    {
        var answer = new Answer { Id = request.Id, Model = _model.Hash };
        try
        {
            if (Prepare(request) is { } problem)
            {
                answer.Error = problem;
                return answer;
            }
            answer.InferenceMs = _model.Run(_input);
            for (int i = 0; i < _model.Outputs.Count; i++)
            {
                var output = new Output { Name = _model.Outputs[i].Name };
                output.Shape.AddRange(_model.Outputs[i].Info.KnownShape.ToArray());
                foreach (float value in _model.Output(i))
                {
                    output.Values.Add(value);
                }
                answer.Outputs.Add(output);
            }
        }
        catch (EdgeException exception)
        {
            answer.Error = exception.Message;
        }
        return answer;
    }

    /// <returns>What is wrong with the request.</returns>
    private string? Prepare(Request request)
    {
        if (request.Jpeg.Length == 0)
        {
            if (request.Values.Count != _input.Length)
            {
                return $"{request.Values.Count} values are given, the model takes {_input.Length}";
            }
            request.Values.CopyTo(_input, 0);
            return null;
        }
        if (_preprocessor is null || _preprocessor.Count != _input.Length)
        {
            return "the model carries no image preprocessing: send values";
        }
        if (!_codec.TryDecode(request.Jpeg.Span, _frame))
        {
            return "the JPEG file is damaged or too large";
        }
        _preprocessor.Prepare(_frame, _input);
        return null;
    }
}
