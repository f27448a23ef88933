using System.Net.Sockets;
using System.Text;
using Edge.Client;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Serve.Tests;

public class ProtocolTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AClientGetsWhatTheModelComputes(bool unix)
    {
        using var folder = new TemporaryFolder();
        string address = unix ? $"unix:{folder.Path("s")}" : $"127.0.0.1:{TestSetting.FreePort()}";
        using ProtocolServer server = Start(folder, address);
        await using EdgeClient client = await EdgeClient.ConnectAsync(address);
        using ModelInstance model = ModelInstance.Load(folder.Path("m.edge"), 1);
        Assert.Equal((model.Hash, "1,1,2,2", "a,b,c,d"), (client.Model, string.Join(',', client.InputShape), string.Join(',', client.Labels)));
        InferenceAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.RunAsync(new float[] { i, 2, 3, 4 })));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal([3 * i, 6, 9, 12], answers[i].Outputs.Single().Values);
            Assert.Equal(model.Hash, answers[i].Model);
        }
        InferenceAnswer picture = await client.RunJpegAsync(new byte[] { 0xFF, 0xD8, 255 });
        Assert.Equal([3, 3, 3, 3], picture.Outputs.Single().Values);
    }

    [Fact]
    public async Task WrongRequestsAreAnsweredAndTheConnectionStays()
    {
        using var folder = new TemporaryFolder();
        string address = $"unix:{folder.Path("s")}";
        using ProtocolServer server = Start(folder, address);
        await using EdgeClient client = await EdgeClient.ConnectAsync(address);
        Assert.Contains("3 values", (await Assert.ThrowsAsync<EdgeClientException>(() => client.RunAsync(new float[] { 1, 2, 3 }))).Message, StringComparison.Ordinal);
        Assert.Contains("JPEG", (await Assert.ThrowsAsync<EdgeClientException>(() => client.RunJpegAsync(new byte[] { 1, 2 }))).Message, StringComparison.Ordinal);
        Assert.Equal(new float[] { 3, 6, 9, 12 }, (await client.RunAsync(new float[] { 1, 2, 3, 4 })).Outputs.Single().Values);
    }

    [Fact]
    public async Task StrangersAndVanishedClientsHarmNobody()
    {
        using var folder = new TemporaryFolder();
        string address = $"unix:{folder.Path("s")}";
        using ProtocolServer server = Start(folder, address);
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
        {
            using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await stranger.ConnectAsync(new UnixDomainSocketEndPoint(folder.Path("s")));
            var noise = new byte[random.Next(0, 300)];
            random.NextBytes(noise);
            try
            {
                await stranger.SendAsync(i % 2 == 0 ? noise : Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"));
            }
            catch (SocketException)
            {
                // The server was quicker.
            }
        }
        await using EdgeClient client = await EdgeClient.ConnectAsync(address);
        Assert.Equal(new float[] { 3, 6, 9, 12 }, (await client.RunAsync(new float[] { 1, 2, 3, 4 })).Outputs.Single().Values);
    }

    [Fact]
    public async Task AServerThatEndsFailsItsRequests()
    {
        using var folder = new TemporaryFolder();
        string address = $"unix:{folder.Path("s")}";
        ProtocolServer server = Start(folder, address);
        await using EdgeClient client = await EdgeClient.ConnectAsync(address);
        await client.RunAsync(new float[] { 1, 2, 3, 4 });
        server.Dispose();
        await Assert.ThrowsAsync<EdgeClientException>(async () =>
        {
            while (true)
            {
                await client.RunAsync(new float[] { 1, 2, 3, 4 }).WaitAsync(TestSetting.Patience);
            }
        });
        await Assert.ThrowsAsync<EdgeClientException>(() => EdgeClient.ConnectAsync(address));
        using ProtocolServer again = Start(folder, address); // the socket's name is free
    }

    [Fact]
    public void ASocketThatIsInUseIsNamed()
    {
        using var folder = new TemporaryFolder();
        string address = $"unix:{folder.Path("s")}";
        using ProtocolServer server = Start(folder, address);
        Assert.Equal(EdgeError.BadConfiguration, Assert.Throws<EdgeException>(() => Start(folder, address)).Error);
    }

    private static ProtocolServer Start(TemporaryFolder folder, string address)
    {
        var server = new ProtocolServer(new ClientsConfig { Listen = address, Model = TestModels.Write(folder.Path("m.edge"), 3), Threads = 1 }, new TestCodec(), NullLogger.Instance);
        server.Start();
        return server;
    }
}
