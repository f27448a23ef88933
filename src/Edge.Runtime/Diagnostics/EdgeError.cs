namespace Edge.Runtime.Diagnostics;

/// <summary>
/// Every reason for which Edge refuses something. The numbers are stable: scripts and documents may rely on them.
/// 10xx reading ONNX, 11xx importing nodes, 12xx shapes and attributes, 13xx passes, 20xx the .edge file,
/// 30xx planning and running, 40xx command line and input files, 50xx recordings and signals, 60xx sensors and the daemon,
/// 70xx training, 80xx compute devices.
/// </summary>
public enum EdgeError
{
    /// <summary>The ONNX file cannot be opened or read.</summary>
    OnnxUnreadable = 1001,

    /// <summary>The bytes are not a well-formed ONNX protobuf.</summary>
    OnnxMalformed = 1002,

    /// <summary>The ONNX graph breaks a rule of the format (cycle, duplicate name, undefined value).</summary>
    OnnxInvalidGraph = 1003,

    /// <summary>A tensor's data does not match its declared type and dimensions.</summary>
    OnnxBadTensor = 1004,

    /// <summary>External data is missing, outside the model's folder, or out of range.</summary>
    OnnxExternalData = 1005,

    /// <summary>The operator set or IR version is not supported.</summary>
    OnnxVersion = 1006,

    /// <summary>The operator is unknown to Edge.</summary>
    UnsupportedOperator = 1101,

    /// <summary>The operator is known, this use of it is not supported.</summary>
    UnsupportedUse = 1102,

    /// <summary>A graph input has dimensions that must be fixed with --input-shape.</summary>
    UnknownInputShape = 1103,

    /// <summary>An input that has to be constant is computed at run time.</summary>
    NotConstant = 1104,

    /// <summary>The element type is not supported.</summary>
    UnsupportedType = 1105,

    /// <summary>Input shapes do not fit the operator.</summary>
    ShapeMismatch = 1201,

    /// <summary>An attribute is missing.</summary>
    MissingAttribute = 1202,

    /// <summary>An attribute has the wrong type or an illegal value.</summary>
    BadAttribute = 1203,

    /// <summary>The number of inputs or outputs is wrong.</summary>
    BadArity = 1204,

    /// <summary>A tensor or the whole model is larger than the limits allow.</summary>
    TooLarge = 1205,

    /// <summary>Element types do not fit the operator.</summary>
    TypeMismatch = 1206,

    /// <summary>A pass left the graph invalid: a bug in Edge.</summary>
    InvalidGraph = 1301,

    /// <summary>The .edge file cannot be opened or read.</summary>
    FileUnreadable = 2001,

    /// <summary>The file is not an .edge file.</summary>
    NotAnEdgeFile = 2002,

    /// <summary>The file was written by a newer major version.</summary>
    FormatVersion = 2003,

    /// <summary>The file is shorter than its header says.</summary>
    FileTruncated = 2004,

    /// <summary>A checksum does not match.</summary>
    FileCorrupt = 2005,

    /// <summary>The header is well-formed but breaks a rule of the format.</summary>
    FileInvalid = 2006,

    /// <summary>The signature is missing or does not match.</summary>
    SignatureInvalid = 2007,

    /// <summary>The file cannot be written.</summary>
    FileUnwritable = 2008,

    /// <summary>No kernel row can run this node on this machine.</summary>
    NoKernel = 3001,

    /// <summary>An input tensor has the wrong type or shape.</summary>
    BadInput = 3002,

    /// <summary>The plan needs more memory than allowed.</summary>
    OutOfMemory = 3003,

    /// <summary>A value computed at run time is illegal (an index out of range, for example).</summary>
    BadValue = 3004,

    /// <summary>Results differ from the golden samples stored in the model.</summary>
    GoldenMismatch = 3005,

    /// <summary>An operator between a trained layer and the loss has no gradient rule.</summary>
    NoGradient = 3006,

    /// <summary>A file given on the command line cannot be used.</summary>
    BadInputFile = 4001,

    /// <summary>A command-line option has an illegal value.</summary>
    BadOption = 4002,

    /// <summary>Quantization costs more accuracy than the user allows.</summary>
    BudgetMissed = 4003,

    /// <summary>A file of a recording (signals or annotations) is missing or cannot be read.</summary>
    RecordingUnreadable = 5001,

    /// <summary>A file of a recording breaks a rule of its format.</summary>
    RecordingMalformed = 5002,

    /// <summary>The recording is well-formed, but uses a part of its format that Edge does not read.</summary>
    RecordingUnsupported = 5003,

    /// <summary>The samples of a recording do not match the checksum in its header.</summary>
    RecordingCorrupt = 5004,

    /// <summary>A recording cannot be written, or a value does not fit its format.</summary>
    RecordingUnwritable = 5005,

    /// <summary>A signal cannot be processed as asked: its rate, its length, or a filter's frequency is out of range.</summary>
    BadSignal = 5006,

    /// <summary>The address of a source is wrong.</summary>
    BadSourceAddress = 6001,

    /// <summary>A sensor failed or stalled; it can be opened again.</summary>
    SourceFailed = 6002,

    /// <summary>A configuration file of the daemon is not valid.</summary>
    BadConfiguration = 6003,

    /// <summary>The state directory cannot be used, or another daemon uses it.</summary>
    StateDirectory = 6004,

    /// <summary>A sink cannot be opened or written to.</summary>
    SinkFailed = 6005,

    /// <summary>A model that was to replace another one is refused.</summary>
    ModelRefused = 6006,

    /// <summary>A peer at the client protocol broke a rule of it.</summary>
    Protocol = 6007,

    /// <summary>Samples or labels cannot be trained on: too few, of one class only, or of the wrong size.</summary>
    BadTrainingData = 7001,

    /// <summary>The loss is not finite: training was given up, and the weights are as before.</summary>
    TrainingDiverged = 7002,

    /// <summary>The new weights are not better on the samples held out: they were not kept.</summary>
    NotBetter = 7003,

    /// <summary>A delta does not belong to the model, or there is nothing to undo.</summary>
    BadDelta = 7004,

    /// <summary>A compute API is not installed here, or it has no device.</summary>
    DeviceMissing = 8001,

    /// <summary>A device has not enough memory.</summary>
    DeviceOutOfMemory = 8002,

    /// <summary>A device stopped answering or was reset.</summary>
    DeviceLost = 8003,

    /// <summary>The driver cannot compile a kernel.</summary>
    DeviceCompile = 8004,

    /// <summary>A call of a compute API failed.</summary>
    DeviceFailed = 8005,

    /// <summary>A device lacks a feature or a limit that is needed.</summary>
    DeviceUnsupported = 8006,
}
