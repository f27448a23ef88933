using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Storage;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace Edge.Serve.Sinks;

/// <summary>
/// Publishes results to an MQTT broker with quality of service 1, in order, at most <see cref="Window"/> unconfirmed at a time: after a
/// broken connection or a kill -9 no more than these come twice. Topics: <c>PREFIX/STREAM/KIND</c>; <c>PREFIX/status</c> is
/// online, retained, and offline as the last will. Home Assistant finds the streams by its discovery, which is sent again when it
/// says that it is online.
/// </summary>
internal sealed class MqttSink : OutboxSink
{
    public const int Window = 16;

    private readonly SinkConfig _config;
    private readonly MqttSettings _settings;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

    public MqttSink(SinkConfig config, string name, Outbox outbox, TimeProvider time, MqttSettings settings)
        : base(config, name, outbox, time)
    {
        _config = config;
        _settings = settings;
        Delivery = "not connected yet";
        _client.ApplicationMessageReceivedAsync += OnMessageAsync;
    }

    private string StatusTopic => $"{_config.Topic}/status";

    private string BirthTopic => $"{_config.Discovery}/status";

    public override void Dispose()
    {
        base.Dispose();
        _client.Dispose();
    }

    protected override string TopicOf(StreamResult result) => $"{_config.Topic}/{result.Stream}/{result.Kind}";

    protected override async Task DeliverAsync(CancellationToken stop)
    {
        var backoff = new Backoff(_settings.LeastBackoff, TimeSpan.FromSeconds(60));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(stop);
                Delivery = null;
                backoff.Reset();
                await PublishAllAsync(stop);
            }
            catch (Exception exception) when (exception is MqttCommunicationException or MqttProtocolViolationException or MqttClientNotConnectedException or IOException or TimeoutException or OperationCanceledException or AuthenticationException or InvalidOperationException)
            {
                Delivery = Reason(exception);
            }
            await Task.WhenAny(Task.Delay(backoff.Next(), stop));
        }
        await SayGoodbyeAsync();
    }

    /// <summary>The innermost message says what really happened: a refused connection, a certificate that is not valid.</summary>
    private static string Reason(Exception exception)
    {
        Exception inner = exception;
        while (inner.InnerException is { } next)
        {
            inner = next;
        }
        return inner.Message;
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        var url = new Uri(_config.Url!);
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithTcpServer(url.Host, url.Port > 0 ? url.Port : url.Scheme == "mqtts" ? 8883 : 1883)
            .WithClientId(_settings.ClientName)
            .WithCleanSession()
            .WithTimeout(TimeSpan.FromSeconds(10))
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(20))
            .WithWillTopic(StatusTopic)
            .WithWillPayload("offline")
            .WithWillRetain()
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        if (_config.User is { } user)
        {
            options.WithCredentials(user, _settings.Password ?? "");
        }
        if (url.Scheme == "mqtts")
        {
            options.WithTlsOptions(tls =>
            {
                tls.UseTls();
                if (_settings.Authorities is { } authorities)
                {
                    tls.WithCertificateValidationHandler(c => IsSignedBy(authorities, c.Certificate, c.SslPolicyErrors));
                }
            });
        }
        MqttClientConnectResult result = await _client.ConnectAsync(options.Build(), stop);
        if (result.ResultCode != MqttClientConnectResultCode.Success)
        {
            throw new MqttCommunicationException($"the broker refused the connection: {result.ResultCode}");
        }
        await PublishAsync(StatusTopic, Encoding.UTF8.GetBytes("online"), retain: true, stop);
        if (_config.Discovery.Length > 0)
        {
            await _client.SubscribeAsync(BirthTopic, MqttQualityOfServiceLevel.AtLeastOnce, stop);
            await DiscoverAsync(stop);
        }
    }

    /// <summary>Whether a chain to one of our authorities is all that the system missed: name and dates have to be right.</summary>
    private static bool IsSignedBy(X509Certificate2Collection authorities, X509Certificate certificate, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
    }

    private async Task PublishAllAsync(CancellationToken stop)
    {
        var underWay = new Queue<(long Number, Task Task)>();
        long last = Outbox.Acknowledged;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            while (underWay.Count < Window && Outbox.Next(last) is { } message)
            {
                underWay.Enqueue((message.Number, PublishAsync(message.Topic, message.Payload, retain: false, stop)));
                last = message.Number;
            }
            if (underWay.TryDequeue(out (long Number, Task Task) first))
            {
                await first.Task;
                Outbox.Acknowledge(first.Number);
                continue;
            }
            await Arrived.WaitAsync(TimeSpan.FromSeconds(1), stop);
            if (!_client.IsConnected)
            {
                throw new MqttCommunicationException("the connection to the broker is lost");
            }
        }
    }

    private async Task PublishAsync(string topic, byte[] payload, bool retain, CancellationToken stop)
    {
        MqttApplicationMessage message = new MqttApplicationMessageBuilder()
            .WithTopic(topic)
            .WithPayload(payload)
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithRetainFlag(retain)
            .Build();
        MqttClientPublishResult result = await _client.PublishAsync(message, stop);
        if (!result.IsSuccess && result.ReasonCode != MqttClientPublishReasonCode.NoMatchingSubscribers)
        {
            throw new MqttCommunicationException($"the broker refused a message for {topic}: {result.ReasonCode}");
        }
    }

    private async Task DiscoverAsync(CancellationToken stop)
    {
        foreach ((string topic, byte[] payload) in HomeAssistant.Announcements(_config.Discovery, _config.Topic, _settings.ClientName, _settings.Streams))
        {
            await PublishAsync(topic, payload, retain: true, stop);
        }
    }

    private async Task OnMessageAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        if (received.ApplicationMessage.Topic == BirthTopic && received.ApplicationMessage.ConvertPayloadToString() == "online")
        {
            // Not awaited here: the confirmation of what is published would have to come through this handler.
            await Task.Yield();
            _ = Task.Run(() => DiscoverAsync(CancellationToken.None));
        }
    }

    private async Task SayGoodbyeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            if (_client.IsConnected)
            {
                await PublishAsync(StatusTopic, Encoding.UTF8.GetBytes("offline"), retain: true, limit.Token);
                await _client.DisconnectAsync(new MqttClientDisconnectOptions(), limit.Token);
            }
        }
        catch (Exception exception) when (exception is MqttCommunicationException or OperationCanceledException or IOException)
        {
            // The last will says the same.
        }
    }
}

/// <summary>What the broker's connection needs beside the configuration.</summary>
/// <param name="Authorities">Certificates that may have signed the broker's; null = the system's.</param>
/// <param name="Streams">Names of the streams, and whether they are ECGs.</param>
internal sealed record MqttSettings(string ClientName, string? Password, X509Certificate2Collection? Authorities, IReadOnlyList<(string Name, bool IsEcg)> Streams)
{
    public TimeSpan LeastBackoff { get; init; } = TimeSpan.FromSeconds(1);
}
