using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;
using Edge.Serve.Sinks;
using Edge.Serve.Storage;
using MQTTnet;
using MQTTnet.Protocol;

namespace Edge.Serve.Tests;

/// <summary>Against a real mosquitto; skipped where there is none.</summary>
public class MqttTests
{
    internal const string Broker = "/usr/sbin/mosquitto";

    [Fact]
    public async Task StatusDiscoveryAndResultsArrive()
    {
        Assert.SkipUnless(File.Exists(Broker), "mosquitto is not installed");
        using var folder = new TemporaryFolder();
        int port = TestSetting.FreePort();
        using EdgeProcess broker = StartBroker(folder, port);
        await using Subscriber subscriber = await Subscriber.ConnectAsync(port);
        using (MqttSink sink = Sink(folder, port, "homeassistant"))
        {
            TestSetting.Eventually(() => subscriber.Last("edge/status") == "online", "online");
            TestSetting.Eventually(() => subscriber.Last("homeassistant/sensor/edge-test/heart_heart_rate/config") is not null, "discovery");
            int before = subscriber.Count("homeassistant/sensor/edge-test/heart_heart_rate/config");
            await subscriber.PublishAsync("homeassistant/status", "online");
            TestSetting.Eventually(() => subscriber.Count("homeassistant/sensor/edge-test/heart_heart_rate/config") > before, "discovery again");
            sink.OnResult(new StreamResult { Stream = "heart", Kind = "event", Event = new EventReport("x", true, 1) });
            TestSetting.Eventually(() => subscriber.Last("edge/heart/event") is not null, "a result");
        }
        TestSetting.Eventually(() => subscriber.Last("edge/status") == "offline", "offline");
    }

    [Fact]
    public async Task ABrokerThatComesAndGoesLosesNothing()
    {
        Assert.SkipUnless(File.Exists(Broker), "mosquitto is not installed");
        using var folder = new TemporaryFolder();
        int port = TestSetting.FreePort();
        int way = TestSetting.FreePort(); // the sink finds the broker only when somebody listens to it
        using MqttSink sink = Sink(folder, way, "");
        Send(sink, 0, 500);
        TestSetting.Eventually(() => sink.Delivery is not null && sink.Outbox.Count == 500, "the outage");
        var found = new List<int>();
        for (int round = 0; round < 3; round++)
        {
            using EdgeProcess broker = StartBroker(folder, port);
            await using Subscriber subscriber = await Subscriber.ConnectAsync(port);
            using var relay = new Relay(way, port);
            Send(sink, 500 + (round * 100), 100);
            TestSetting.Eventually(() => sink.Outbox.Acknowledged == 600 + (round * 100), "delivery");
            TestSetting.Eventually(() => subscriber.Ids.Contains(600 + (round * 100)), "arrival");
            found.AddRange(subscriber.Ids);
            broker.Kill();
        }
        Assert.Equal(Enumerable.Range(1, 800), found.Distinct());
        Assert.InRange(found.Count, 800, 800 + (3 * MqttSink.Window));
    }

    /// <summary>6,000 messages while the broker is down, with kill -9 of the daemon in the middle, and again while it delivers.</summary>
    [Fact]
    public async Task SixThousandMessagesSurviveAnOutageAndKill9()
    {
        Assert.SkipUnless(File.Exists(Broker), "mosquitto is not installed");
        using var folder = new TemporaryFolder();
        int port = TestSetting.FreePort();
        int page = TestSetting.FreePort();
        // 3 beats per second of signal, 150 times as fast: the rate of an hour in 24 s.
        string config = folder.Write("c.json", $$"""
            {
              "state_directory": "{{folder.Path("state")}}",
              "web": { "listen": "127.0.0.1:{{page}}" },
              "streams": [ { "name": "heart", "source": "synthetic://ecg?hr=180", "speed": 150 } ],
              "sinks": [ { "kind": "mqtt", "url": "mqtt://127.0.0.1:{{port}}", "client": "edge-test", "results": ["beat"] } ]
            }
            """);
        using HttpClient http = ProcessTests.Client(page);
        using (EdgeProcess first = EdgeProcess.Serve(config))
        {
            TestSetting.Eventually(() => Waiting(http) > 3000, "3,000 messages");
            first.Kill();
        }
        using (EdgeProcess second = EdgeProcess.Serve(config))
        {
            TestSetting.Eventually(() => Waiting(http) > 6000, "6,000 messages");
            second.Kill();
        }
        using EdgeProcess broker = StartBroker(folder, port);
        await using Subscriber subscriber = await Subscriber.ConnectAsync(port);
        using (EdgeProcess third = EdgeProcess.Serve(config))
        {
            TestSetting.Eventually(() => subscriber.Ids.Length > 2000, "the first 2,000");
            third.Kill();
        }
        using EdgeProcess fourth = EdgeProcess.Serve(config);
        TestSetting.Eventually(() => subscriber.Ids.Length > 7000, "the rest");
        fourth.Signal("TERM");
        Assert.Equal(0, fourth.WaitForExit());
        int[] ids = subscriber.Ids;
        int[] distinct = [.. ids.Distinct()];
        Assert.Equal(Enumerable.Range(1, distinct.Length), distinct); // all of them, in order
        Assert.InRange(ids.Length - distinct.Length, 0, MqttSink.Window);
        TestContext.Current.TestOutputHelper?.WriteLine($"{distinct.Length} of {distinct.Length} arrived in order, {ids.Length - distinct.Length} twice, after 3 x kill -9 and an outage of more than 6,000 messages");
    }

    /// <summary>
    /// The certificate of another authority, of another host, one that has ended and one that has not begun; and a broker that has none.
    /// </summary>
    [Theory]
    [InlineData("good", "good", null)]
    [InlineData("good", "other", "certificate")]
    [InlineData("other", "other", "certificate")]
    [InlineData("ended", "ended", "certificate")]
    [InlineData("early", "early", "certificate")]
    [InlineData(null, "good", "")]
    public void WrongCertificatesAndNamesAreRefused(string? server, string authority, string? refusal)
    {
        Assert.SkipUnless(File.Exists(Broker), "mosquitto is not installed");
        using var folder = new TemporaryFolder();
        MakeCertificate(folder, "good", "localhost", -1, 30);
        MakeCertificate(folder, "other", "elsewhere.example", -1, 30);
        MakeCertificate(folder, "ended", "localhost", -30, -1);
        MakeCertificate(folder, "early", "localhost", 1, 30);
        int port = TestSetting.FreePort();
        string tls = server is null ? "" : $"certfile {folder.Path(server + ".crt")}\nkeyfile {folder.Path(server + ".key")}\n";
        string config = folder.Write("m.conf", $"listener {port} 127.0.0.1\nallow_anonymous true\n{tls}");
        using EdgeProcess broker = EdgeProcess.Start(Broker, "-v", "-c", config);
        TestSetting.Eventually(() => broker.Output.Contains("running", StringComparison.Ordinal), "the broker");
        using MqttSink sink = Sink(folder, port, "", "mqtts", folder.Path(authority + ".crt"));
        Send(sink, 0, 1);
        if (refusal is null)
        {
            TestSetting.Eventually(() => sink.Outbox.Acknowledged == 1, "the delivery");
            return;
        }
        TestSetting.Eventually(() => sink.Delivery is { } problem && problem != "not connected yet" && problem.Contains(refusal, StringComparison.OrdinalIgnoreCase), "the refusal");
        Assert.Equal(0, sink.Outbox.Acknowledged);
        Assert.DoesNotContain("Received PUBLISH", broker.Output, StringComparison.Ordinal); // nothing in plain text either
    }

    [Fact]
    public void AFileWithoutCertificatesIsNamed()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in new[] { folder.Path("nothing"), folder.Write("text", "no certificate"), folder.Write("damaged", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") })
        {
            EdgeException problem = Assert.Throws<EdgeException>(() => Pipeline.ReadAuthorities(path));
            Assert.Equal((EdgeError.BadConfiguration, true), (problem.Error, problem.Message.Contains(path, StringComparison.Ordinal)));
        }
    }

    private static void MakeCertificate(TemporaryFolder folder, string name, string host, int firstDay, int lastDay)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(firstDay), DateTimeOffset.UtcNow.AddDays(lastDay));
        folder.Write(name + ".crt", certificate.ExportCertificatePem());
        folder.Write(name + ".key", key.ExportPkcs8PrivateKeyPem());
        // mosquitto gives up root, and has to read both afterwards.
        using EdgeProcess open = EdgeProcess.Start("/bin/chmod", "a+rX", folder.Root, folder.Path(name + ".key"), folder.Path(name + ".crt"));
        Assert.Equal(0, open.WaitForExit());
    }

    private static long Waiting(HttpClient http)
    {
        string text = ProcessTests.Text(http, "/status");
        return text.Length == 0 ? 0 : JsonDocument.Parse(text).RootElement.GetProperty("sinks")[0].GetProperty("waiting").GetInt64();
    }

    internal static EdgeProcess StartBroker(TemporaryFolder folder, int port)
    {
        string config = folder.Write("mosquitto.conf", $"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n");
        EdgeProcess broker = EdgeProcess.Start(Broker, "-c", config);
        return broker;
    }

    private static MqttSink Sink(TemporaryFolder folder, int port, string discovery, string scheme = "mqtt", string? authority = null)
    {
        var config = new SinkConfig { Kind = "mqtt", Url = $"{scheme}://localhost:{port}", Discovery = discovery };
        X509Certificate2Collection? authorities = Pipeline.ReadAuthorities(authority);
        var outbox = new Outbox(folder.Path($"outbox-{port}"), 16 << 20);
        var sink = new MqttSink(config, "sink", outbox, TimeProvider.System, new MqttSettings("edge-test", null, authorities, [("heart", true)]) { LeastBackoff = TimeSpan.FromMilliseconds(100) });
        sink.Start();
        sink.StartDelivery();
        return sink;
    }

    private static void Send(MqttSink sink, int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            sink.OnResult(new StreamResult { Stream = "heart", Kind = "event", Sequence = first + i });
        }
    }

    /// <summary>Another client of the broker, which takes everything.</summary>
    internal sealed class Subscriber : IAsyncDisposable
    {
        private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
        private readonly List<(string Topic, string Payload)> _received = [];
        private readonly List<int> _ids = [];

        /// <summary>Numbers of the results, as they came.</summary>
        public int[] Ids
        {
            get
            {
                lock (_received)
                {
                    return [.. _ids];
                }
            }
        }

        public static async Task<Subscriber> ConnectAsync(int port)
        {
            var subscriber = new Subscriber();
            subscriber._client.ApplicationMessageReceivedAsync += message =>
            {
                lock (subscriber._received)
                {
                    string payload = message.ApplicationMessage.ConvertPayloadToString();
                    subscriber._received.Add((message.ApplicationMessage.Topic, payload));
                    if (payload.StartsWith("{\"id\":", StringComparison.Ordinal))
                    {
                        subscriber._ids.Add(JsonDocument.Parse(payload).RootElement.GetProperty("id").GetInt32());
                    }
                }
                return Task.CompletedTask;
            };
            MqttClientOptions options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId("subscriber").Build();
            for (int tries = 0; ; tries++)
            {
                try
                {
                    await subscriber._client.ConnectAsync(options);
                    break;
                }
                catch (Exception) when (tries < 200)
                {
                    await Task.Delay(50); // the broker is starting
                }
            }
            await subscriber._client.SubscribeAsync("#", MqttQualityOfServiceLevel.AtLeastOnce);
            return subscriber;
        }

        public string? Last(string topic)
        {
            lock (_received)
            {
                return _received.LastOrDefault(r => r.Topic == topic).Payload;
            }
        }

        public int Count(string topic)
        {
            lock (_received)
            {
                return _received.Count(r => r.Topic == topic);
            }
        }

        public Task PublishAsync(string topic, string text) =>
            _client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(Encoding.UTF8.GetBytes(text)).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());

        public ValueTask DisposeAsync()
        {
            _client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
