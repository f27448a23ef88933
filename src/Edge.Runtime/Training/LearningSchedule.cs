namespace Edge.Runtime.Training;

/// <summary>How the learning rate changes.</summary>
public enum ScheduleKind
{
    Constant,

    /// <summary>Times <see cref="LearningSchedule.Factor"/> every <see cref="LearningSchedule.Every"/> epochs.</summary>
    Step,

    /// <summary>Times <see cref="LearningSchedule.Factor"/> every epoch.</summary>
    Exponential,

    /// <summary>Half a cosine from the rate to 0 (Loshchilov and Hutter, "SGDR", 2017, without restarts).</summary>
    Cosine,

    /// <summary>A straight line from the rate to 0.</summary>
    Linear,
}

/// <summary>The learning rate as a factor of the optimizer's, for each step of training.</summary>
public sealed record LearningSchedule(ScheduleKind Kind = ScheduleKind.Constant)
{
    /// <summary>Of step and exponential decay, in (0, 1].</summary>
    public float Factor { get; init; } = 0.1f;

    /// <summary>Epochs between steps, at least 1.</summary>
    public int Every { get; init; } = 10;

    /// <summary>Share of training during which the rate rises in a straight line from 0, in [0, 1).</summary>
    public float Warmup { get; init; }

    /// <summary>Factor of the learning rate.</summary>
    /// <param name="epoch">Epochs done, fractions included.</param>
    /// <param name="epochs">Epochs of the training.</param>
    public float At(double epoch, int epochs)
    {
        double done = Math.Clamp(epoch / Math.Max(1, epochs), 0, 1);
        if (done < Warmup)
        {
            return (float)(done / Warmup);
        }
        double rest = (done - Warmup) / (1 - Warmup);
        return (float)(Kind switch
        {
            ScheduleKind.Step => Math.Pow(Factor, Math.Floor(epoch / Every)),
            ScheduleKind.Exponential => Math.Pow(Factor, Math.Floor(epoch)),
            ScheduleKind.Cosine => (1 + Math.Cos(Math.PI * rest)) / 2,
            ScheduleKind.Linear => 1 - rest,
            _ => 1,
        });
    }
}
