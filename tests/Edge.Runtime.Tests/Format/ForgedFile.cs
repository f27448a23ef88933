using System.Buffers.Binary;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Google.Protobuf;

namespace Edge.Runtime.Tests.Format;

/// <summary>Files whose header was changed after they were written, with a digest that fits again.</summary>
internal static class ForgedFile
{
    private const int HeaderLengthOffset = 12;

    public static byte[] Header(byte[] file) =>
        file.AsSpan(Preamble.Size, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(HeaderLengthOffset))).ToArray();

    /// <summary>The file with another header, its sections as they were.</summary>
    public static byte[] WithHeader(byte[] file, byte[] header)
    {
        Preamble preamble = Preamble.Read(file, file.Length);
        byte[] sections = file[(int)preamble.SectionsStart..];
        return [.. EdgeWriter.WriteHead(header, sections.Length, WriteOptions.Default), .. sections];
    }

    /// <summary>The file with a change of its header.</summary>
    public static byte[] Change(byte[] file, Action<Runtime.Format.Wire.Header> change)
    {
        var header = Runtime.Format.Wire.Header.Parser.ParseFrom(Header(file));
        change(header);
        return WithHeader(file, header.ToByteArray());
    }

    /// <summary>Loads, plans and runs a file.</summary>
    /// <returns>The error; null where the file runs.</returns>
    public static EdgeException? Try(byte[] file)
    {
        try
        {
            ModelFile model = EdgeReader.Read(file);
            using var session = new InferenceSession(model.Graph, new SessionOptions { Threads = 1, MaxArenaBytes = 1 << 20 });
            session.Execute();
            return null;
        }
        catch (EdgeException exception)
        {
            return exception;
        }
    }
}
