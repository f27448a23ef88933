using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>Beat classes of ANSI/AAMI EC57, and the two ways in which a beat can have no partner.</summary>
public enum BeatClass
{
    /// <summary>N: any beat that is none of the following, bundle branch blocks included.</summary>
    Normal,

    /// <summary>S: premature or escaping from above the ventricles.</summary>
    Supraventricular,

    /// <summary>V: premature or escaping from a ventricle.</summary>
    Ventricular,

    /// <summary>F: fusion of a ventricular and a normal beat.</summary>
    Fusion,

    /// <summary>Q: paced or not classifiable.</summary>
    Unclassifiable,

    /// <summary>O: no beat there.</summary>
    None,

    /// <summary>X: no beat there because the signal was unreadable.</summary>
    Shutdown,
}

/// <summary>Conversions between annotation codes and beat classes.</summary>
public static class BeatClasses
{
    public const int Count = 7;

    /// <summary>Letters of the classes, in order.</summary>
    public const string Letters = "NSVFQOX";

    /// <summary>The class of a beat annotation as EC57 groups them; <see cref="BeatClass.None"/> for other annotations.</summary>
    public static BeatClass Of(AnnotationCode code) => code switch
    {
        AnnotationCode.Normal or AnnotationCode.LeftBundleBranchBlock or AnnotationCode.RightBundleBranchBlock or AnnotationCode.BundleBranchBlock => BeatClass.Normal,
        AnnotationCode.NodalPremature or AnnotationCode.AtrialPremature or AnnotationCode.SupraventricularPremature or AnnotationCode.AberratedAtrialPremature
            or AnnotationCode.NodalEscape or AnnotationCode.AtrialEscape or AnnotationCode.SupraventricularEscape => BeatClass.Supraventricular,
        AnnotationCode.PrematureVentricular or AnnotationCode.RonT or AnnotationCode.VentricularEscape => BeatClass.Ventricular,
        AnnotationCode.Fusion => BeatClass.Fusion,
        AnnotationCode.Unclassifiable or AnnotationCode.Paced or AnnotationCode.PacedFusion or AnnotationCode.Learning => BeatClass.Unclassifiable,
        _ => BeatClass.None,
    };

    /// <summary>The annotation that a classifier's decision is written as.</summary>
    public static AnnotationCode ToAnnotation(BeatClass beat) => beat switch
    {
        BeatClass.Normal => AnnotationCode.Normal,
        BeatClass.Supraventricular => AnnotationCode.SupraventricularPremature,
        BeatClass.Ventricular => AnnotationCode.PrematureVentricular,
        BeatClass.Fusion => AnnotationCode.Fusion,
        _ => AnnotationCode.Unclassifiable,
    };
}
