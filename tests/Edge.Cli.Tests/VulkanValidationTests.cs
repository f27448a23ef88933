using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Testing;

namespace Edge.Cli.Tests;

/// <summary>
/// The validation layer of Vulkan (Debian: vulkan-validationlayers) watches whole models: every call, the order of reads and writes on
/// the device (synchronization validation) and best practices. It has nothing to say.
/// </summary>
public class VulkanValidationTests(ITestOutputHelper log)
{
    private const string Layer = "VK_LAYER_KHRONOS_validation";

    private static readonly string[] SmallMemory = ["BestPractices-vkAllocateMemory-small-allocation", "BestPractices-vkBindMemory-small-dedicated-allocation"];

    private const string OwnCache = "UNASSIGNED-cache-file-error";

    private const string NotReadyYet = "vkGetFenceStatus(): Returned non-success return code VK_NOT_READY";

    private static readonly string[] Manifests =
        ["/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json", "/etc/vulkan/explicit_layer.d/VkLayer_khronos_validation.json", "/usr/local/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json"];

    public static TheoryData<string> Models => new("resnet18.onnx", "lenet5.onnx", "int8-residual.edge", "int8-mobile.edge", "int8-inception.edge");

    [Theory]
    [MemberData(nameof(Models))]
    public void SaysNothing(string model)
    {
        Assert.SkipWhen(!Manifests.Any(File.Exists), "no validation layer: install vulkan-validationlayers");
        using IDisposable? device = TestDevices.TryOpen(Runtime.Devices.DeviceApi.Vulkan, out string why);
        Assert.SkipWhen(device is null, why);
        string? source = Find(model);
        Assert.SkipWhen(source is null, $"{model} is not there: export the zoo, or set EDGE_ZOO");
        using var folder = new TestFolder();
        string path = folder.Path("m.edge");
        if (model.EndsWith(".onnx", StringComparison.Ordinal))
        {
            CommandRun.Convert(source, "-o", path).Succeeded();
        }
        else
        {
            File.Copy(source, path);
        }
        string messages = folder.Path("messages.txt");
        folder.Text(
            "vk_layer_settings.txt",
            $"""
            khronos_validation.report_flags = error,warn,perf,info
            khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
            khronos_validation.log_filename = {messages}
            khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT,VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT
            """);
        CommandRun.Start(
            "Edge.Cli/release/edge",
            ["run", path, .. Inputs(folder, path), "--backend", "vulkan"],
            [("VK_INSTANCE_LAYERS", Layer), ("VK_LAYER_SETTINGS_PATH", folder.Path(""))]).Succeeded();
        // A model of a few kilobytes takes no more memory than that, which the layer calls small; its own cache is not there at its first run;
        // and on a discrete GPU a fence answers, when it is asked, that it is not ready yet.
        string[] said = [.. File.ReadAllLines(messages).Where(l => l.Contains("msgNum", StringComparison.Ordinal) && !SmallMemory.Append(OwnCache).Append(NotReadyYet).Any(l.Contains))];
        log.WriteLine(string.Join('\n', said));
        // What the layer says of itself shows that it was there.
        Assert.Contains("Khronos Validation Layer Active", Assert.Single(said), StringComparison.Ordinal);
    }

    private static string? Find(string model) => new[]
    {
        RepositoryPaths.Zoo, RepositoryPaths.BundledModels, Path.Combine(RepositoryPaths.Root, "tests", "Edge.Runtime.Tests", "Samples"),
    }.OfType<string>().Select(f => Path.Combine(f, model)).FirstOrDefault(File.Exists);

    private static IEnumerable<string> Inputs(TestFolder folder, string path)
    {
        int index = 0;
        foreach (Value input in EdgeReader.Read(path).Graph.Inputs)
        {
            yield return folder.Npy($"x{index}.npy", RandomInputs.Create(input.Info, (ulong)++index));
        }
    }
}
