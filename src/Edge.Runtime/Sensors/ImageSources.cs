using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Exec;
using Edge.Runtime.Sensors.Files;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.V4l2;

namespace Edge.Runtime.Sensors;

/// <summary>Opens cameras by their address. A new kind of camera is one line in <see cref="Schemes"/>.</summary>
public static class ImageSources
{
    private static readonly (string Scheme, Func<SourceAddress, IImageSource> Open)[] Schemes =
    [
        ("synthetic", OpenSynthetic),
        ("v4l2", OpenV4l2),
        ("exec", OpenExec),
        ("file", OpenFile),
    ];

    /// <summary>Whether the address is one of a camera.</summary>
    public static bool Knows(SourceAddress address) =>
        address.Scheme == "synthetic" ? address.Path == "camera" : Array.Exists(Schemes, s => s.Scheme == address.Scheme);

    /// <exception cref="EdgeException">The address is wrong, or the camera cannot be opened.</exception>
    public static IImageSource Open(SourceAddress address)
    {
        (string scheme, Func<SourceAddress, IImageSource> open) = Array.Find(Schemes, s => s.Scheme == address.Scheme);
        if (scheme is null)
        {
            throw address.Wrong($"'{address.Scheme}' is no camera", $"use {string.Join(", ", Schemes.Select(s => s.Scheme + ":"))}");
        }
        IImageSource source = open(address);
        try
        {
            address.RequireAllUsed();
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static SyntheticCamera OpenSynthetic(SourceAddress address)
    {
        if (address.Path != "camera")
        {
            throw address.Wrong($"there is no synthetic camera '{address.Path}'", "use synthetic://camera");
        }
        int frames = address.Integer("frames", 0, 0, int.MaxValue);
        return new SyntheticCamera(
            address.Integer("width", 640, 32, 8192),
            address.Integer("height", 480, 32, 8192),
            address.Number("fps", 30, 0.01, 1000),
            frames > 0 ? frames : null);
    }

    private static V4l2Camera OpenV4l2(SourceAddress address)
    {
        var options = new V4l2Options(
            address.Integer("width", 640, 16, 16384),
            address.Integer("height", 480, 16, 16384),
            V4l2Camera.FormatOf(address.Word("format", "mjpeg", "mjpeg", "yuyv", "nv12")),
            address.Number("fps", 30, 1, 1000))
        {
            Stall = TimeSpan.FromSeconds(address.Number("stall", 5, 0.1, 600)),
        };
        return new V4l2Camera(new V4l2Device(address.Path), address.Text, options);
    }

    /// <summary>The command is the rest of the address; its options stand behind <c>exec:</c> as <c>exec:COMMAND</c>, or <c>exec:yuyv,640x480:COMMAND</c> for raw frames.</summary>
    private static ExecSource OpenExec(SourceAddress address)
    {
        string command = address.Text[(address.Text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        (FrameFormat format, int width, int height) = (FrameFormat.Jpeg, 0, 0);
        string head = command.Split(':')[0];
        string[] words = head.Split(',', 'x');
        if (words.Length == 3 && RawFormat(words[0]) is { } raw)
        {
            format = raw;
            width = address.ToInteger("the width", words[1], 2, 16384);
            height = address.ToInteger("the height", words[2], 2, 16384);
            if (format is not (FrameFormat.Rgb24 or FrameFormat.Gray8) && ((width | height) & 1) != 0)
            {
                throw address.Wrong($"the size is {width} x {height}, {words[0]} needs even numbers", "correct the size");
            }
            command = command[(head.Length + 1)..];
        }
        if (string.IsNullOrWhiteSpace(command))
        {
            throw address.Wrong("there is no command", "write exec:rpicam-vid -t 0 --codec mjpeg -o -");
        }
        return new ExecSource(new ExecOptions(command, format, width, height), address.Text);
    }

    private static FrameFormat? RawFormat(string name) => name switch
    {
        "rgb24" => FrameFormat.Rgb24,
        "gray8" => FrameFormat.Gray8,
        "yuyv" => FrameFormat.Yuyv,
        "nv12" => FrameFormat.Nv12,
        "yuv420" => FrameFormat.I420,
        _ => null,
    };

    private static IImageSource OpenFile(SourceAddress address)
    {
        double? rate = address.Find("fps") is null ? null : address.Number("fps", 25, 0.01, 1000);
        bool loop = address.Word("loop", "no", "yes", "no") == "yes";
        return Directory.Exists(address.Path)
            ? new ImageFolderSource(address.Path, rate ?? 1, loop)
            : new MjpegFileSource(address.Path, rate, loop);
    }
}
