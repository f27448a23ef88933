using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Devices;

// edge-shaders FOLDER: writes NAME.spv for every device kernel, and hashes.txt, into src/Edge.Kernels/Devices/Spirv.
// edge-shaders --print NAME: prints the GLSL and the OpenCL C of a kernel.
if (args is ["--print", var name])
{
    KernelSource shown = KernelSources.Find(name);
    Console.Out.WriteLine(shown.ToGlsl());
    Console.Out.WriteLine(shown.ToOpenCl());
    return 0;
}
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: edge-shaders FOLDER | --print NAME");
    return 2;
}
Directory.CreateDirectory(folder);
var hashes = new StringBuilder();
foreach (KernelSource source in KernelSources.All)
{
    string target = Path.Combine(folder, $"{source.Name}.spv");
    string text = Path.Combine(Path.GetTempPath(), $"edge-{source.Name}.comp");
    File.WriteAllText(text, source.ToGlsl());
    using Process compiler = Process.Start(new ProcessStartInfo("glslangValidator", ["-V", "--target-env", "vulkan1.1", "-o", target, text]) { RedirectStandardOutput = true })!;
    string output = compiler.StandardOutput.ReadToEnd();
    compiler.WaitForExit();
    if (compiler.ExitCode != 0)
    {
        Console.Error.WriteLine($"{source.Name}: {output}");
        return 1;
    }
    File.Delete(text);
    hashes.Append($"{source.Name} {Hash(Encoding.UTF8.GetBytes(source.ToGlsl()))} {Hash(File.ReadAllBytes(target))}\n");
}
File.WriteAllText(Path.Combine(folder, "hashes.txt"), hashes.ToString());
return 0;

static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
