using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Edge.Serve.Configuration;

namespace Edge.Serve.Hosting;

/// <summary>
/// Posts the daemon's meters to an OpenTelemetry collector every few seconds: OTLP 1.x over HTTP, JSON, cumulative sums and gauges, to
/// ENDPOINT/v1/metrics. Nothing is kept for later: sums go on counting, so that the next post that arrives says what the lost ones said.
/// </summary>
internal sealed class OtlpExporter : IDisposable
{
    private const int Cumulative = 2;

    private readonly TelemetryConfig _config;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly MeterListener _listener = new();
    private readonly Dictionary<Instrument, List<(long Value, KeyValuePair<string, object?>[] Tags)>> _values = [];
    private readonly string _start;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;

    /// <param name="token">Sent as bearer token; null = none.</param>
    /// <param name="handler">Null = the network.</param>
    public OtlpExporter(TelemetryConfig config, string? token, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _config = config;
        _time = time;
        _start = Nanoseconds();
        _http = handler is null ? new HttpClient() : new HttpClient(handler);
        _http.Timeout = TimeSpan.FromSeconds(10);
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == DaemonMeters.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        _task = Task.Run(() => PostAllAsync(_stop.Token));
    }

    /// <summary>Why the last post did not arrive; null where it did.</summary>
    public string? Problem { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        _task.Wait(TimeSpan.FromSeconds(2));
        _listener.Dispose();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task PostAllAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_config.Seconds), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Problem = await PostAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon stops.
        }
    }

    /// <returns>What went wrong; null where nothing did.</returns>
    private async Task<string?> PostAsync(CancellationToken stop)
    {
        try
        {
            using var content = new ByteArrayContent(Collect());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage answer = await _http.PostAsync(new Uri(_config.Endpoint.TrimEnd('/') + "/v1/metrics"), content, stop);
            return answer.IsSuccessStatusCode ? null : $"telemetry: {_config.Endpoint} answered {(int)answer.StatusCode}";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return $"telemetry: {exception.Message}";
        }
    }

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_values.TryGetValue(instrument, out List<(long, KeyValuePair<string, object?>[])>? values))
        {
            _values[instrument] = values = [];
        }
        values.Add((value, tags.ToArray()));
    }

    private string Nanoseconds() => ((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private byte[] Collect()
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        string now = Nanoseconds();
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceMetrics");
            json.WriteStartObject();
            json.WriteStartObject("resource");
            WriteAttributes(json, [new("service.name", "edge"), new("service.version", typeof(OtlpExporter).Assembly.GetName().Version?.ToString(3)), new("host.name", Environment.MachineName)]);
            json.WriteEndObject();
            json.WriteStartArray("scopeMetrics");
            json.WriteStartObject();
            json.WriteStartObject("scope");
            json.WriteString("name", DaemonMeters.Name);
            json.WriteEndObject();
            json.WriteStartArray("metrics");
            foreach ((Instrument instrument, List<(long Value, KeyValuePair<string, object?>[] Tags)> values) in _values)
            {
                WriteMetric(json, instrument, values, now);
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private void WriteMetric(Utf8JsonWriter json, Instrument instrument, List<(long Value, KeyValuePair<string, object?>[] Tags)> values, string now)
    {
        bool isSum = instrument is ObservableCounter<long>;
        json.WriteStartObject();
        json.WriteString("name", instrument.Name);
        json.WriteString("unit", instrument.Unit);
        json.WriteString("description", instrument.Description);
        json.WriteStartObject(isSum ? "sum" : "gauge");
        if (isSum)
        {
            json.WriteNumber("aggregationTemporality", Cumulative);
            json.WriteBoolean("isMonotonic", true);
        }
        json.WriteStartArray("dataPoints");
        foreach ((long value, KeyValuePair<string, object?>[] tags) in values)
        {
            json.WriteStartObject();
            if (isSum)
            {
                json.WriteString("startTimeUnixNano", _start);
            }
            json.WriteString("timeUnixNano", now);
            json.WriteString("asInt", value.ToString(CultureInfo.InvariantCulture)); // 64 bits are texts in the JSON of protobuf
            WriteAttributes(json, tags);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAttributes(Utf8JsonWriter json, KeyValuePair<string, object?>[] attributes)
    {
        json.WriteStartArray("attributes");
        foreach ((string key, object? value) in attributes)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteStartObject("value");
            json.WriteString("stringValue", value?.ToString());
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
