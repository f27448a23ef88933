using System.Net;
using System.Net.Http.Headers;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Storage;

namespace Edge.Serve.Sinks;

/// <summary>
/// Posts each result as JSON to an address, in order. 2xx confirms it; 408, 425, 429, 5xx and no answer are tried again with growing pauses; any
/// other answer means that the receiver does not want it: it is counted and left out.
/// </summary>
internal sealed class WebhookSink : OutboxSink
{
    private readonly HttpClient _http;
    private readonly Uri _url;
    private long _rejected;

    public WebhookSink(SinkConfig config, string name, Outbox outbox, TimeProvider time, string? token, HttpMessageHandler? handler = null)
        : base(config, name, outbox, time)
    {
        _url = new Uri(config.Url!);
        _http = handler is null ? new HttpClient() : new HttpClient(handler);
        _http.Timeout = TimeSpan.FromSeconds(10);
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>Results that the receiver refused.</summary>
    public override long Dropped => base.Dropped + Interlocked.Read(ref _rejected);

    public override void Dispose()
    {
        base.Dispose();
        _http.Dispose();
    }

    protected override string TopicOf(StreamResult result) => "";

    protected override async Task DeliverAsync(CancellationToken stop)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(60));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (Outbox.Next(Outbox.Acknowledged) is not { } message)
                {
                    await Arrived.WaitAsync(TimeSpan.FromSeconds(1), stop);
                    continue;
                }
                if (await PostAsync(message, stop))
                {
                    Outbox.Acknowledge(message.Number);
                    backoff.Reset();
                    continue;
                }
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                Delivery = exception.Message;
            }
            await Task.Delay(backoff.Next(), stop);
        }
    }

    /// <returns>Whether the message is done.</returns>
    private async Task<bool> PostAsync(OutboxMessage message, CancellationToken stop)
    {
        using var content = new ByteArrayContent(message.Payload);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage answer = await _http.PostAsync(_url, content, stop);
        if (answer.IsSuccessStatusCode)
        {
            Delivery = null;
            return true;
        }
        Delivery = $"{_url.Host} answered {(int)answer.StatusCode}";
        if (answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 || (int)answer.StatusCode >= 500)
        {
            return false;
        }
        Interlocked.Increment(ref _rejected);
        return true;
    }
}
