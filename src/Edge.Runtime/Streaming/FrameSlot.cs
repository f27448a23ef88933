using Edge.Runtime.Sensors;

namespace Edge.Runtime.Streaming;

/// <summary>
/// Hands frames from a camera to whoever computes: one frame waits at most, and the newest wins. Three frames go round: one is being
/// filled, one waits, one is being used; nothing is copied and nothing allocated.
/// </summary>
public sealed class FrameSlot
{
    private readonly object _lock = new();
    private ImageFrame _waiting = new();
    private bool _isWaiting;
    private bool _closed;

    /// <summary>Whether a frame waits.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_lock)
            {
                return _isWaiting;
            }
        }
    }

    /// <summary>Gives a filled frame and gets one to be filled.</summary>
    /// <returns>Whether a frame that nobody had taken was replaced.</returns>
    public bool Publish(ref ImageFrame frame)
    {
        lock (_lock)
        {
            bool replaced = _isWaiting;
            (_waiting, frame) = (frame, _waiting);
            _isWaiting = true;
            Monitor.Pulse(_lock);
            return replaced;
        }
    }

    /// <summary>Waits for a frame and exchanges it for the one that was used before.</summary>
    /// <returns>False once the slot is closed and empty.</returns>
    public bool Take(ref ImageFrame frame)
    {
        lock (_lock)
        {
            while (!_isWaiting && !_closed)
            {
                Monitor.Wait(_lock);
            }
            if (!_isWaiting)
            {
                return false;
            }
            (_waiting, frame) = (frame, _waiting);
            _isWaiting = false;
            return true;
        }
    }

    /// <summary>Ends the waiting; a frame that waits is still given out.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }
}
