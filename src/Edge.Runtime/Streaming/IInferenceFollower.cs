namespace Edge.Runtime.Streaming;

/// <summary>Who works between the inferences of a stream, after their results are out, on the same thread: the next inference waits for it.</summary>
public interface IInferenceFollower
{
    /// <param name="input">Of the inference; valid only during the call.</param>
    void AfterInference(ReadOnlySpan<float> input);
}
