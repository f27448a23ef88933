namespace Edge.Runtime.Sensors;

/// <summary>Decodes and encodes JPEG: given by the program, which has the library for it. Safe to use from several threads.</summary>
public interface IImageCodec
{
    /// <summary>Decodes a JPEG file into <paramref name="target"/> as R, G, B.</summary>
    /// <returns>False where the file is damaged, cut off, or larger than the decoder's limit.</returns>
    bool TryDecode(ReadOnlySpan<byte> jpeg, ImageFrame target);

    /// <summary>Encodes a frame of R, G, B.</summary>
    byte[] Encode(ImageFrame frame, int quality);
}
