using System.Text.Json;

namespace Edge.Serve.Sinks;

/// <summary>MQTT discovery of Home Assistant: a retained description per entity under <c>PREFIX/COMPONENT/NODE/OBJECT/config</c>.</summary>
internal static class HomeAssistant
{
    /// <summary>Descriptions of all streams: the heart rate of ECGs, the best class of cameras.</summary>
    public static IEnumerable<(string Topic, byte[] Payload)> Announcements(string prefix, string topic, string node, IReadOnlyList<(string Name, bool IsEcg)> streams)
    {
        foreach ((string name, bool isEcg) in streams)
        {
            yield return isEcg
                ? Sensor(prefix, topic, node, name, "heart_rate", "Heart rate", "beat", "{{ value_json.beat.heart_rate | round(0) }}", "bpm")
                : Sensor(prefix, topic, node, name, "class", "Class", "classes", "{{ value_json.classes[0].label or value_json.classes[0].index }}", null);
        }
    }

    private static (string Topic, byte[] Payload) Sensor(string prefix, string topic, string node, string stream, string id, string title, string kind, string template, string? unit)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("name", $"{stream} {title}");
            json.WriteString("unique_id", $"{node}_{stream}_{id}");
            json.WriteString("state_topic", $"{topic}/{stream}/{kind}");
            json.WriteString("value_template", template);
            json.WriteString("availability_topic", $"{topic}/status");
            if (unit is not null)
            {
                json.WriteString("unit_of_measurement", unit);
                json.WriteString("state_class", "measurement");
            }
            json.WriteStartObject("device");
            json.WriteString("name", node);
            json.WriteStartArray("identifiers");
            json.WriteStringValue(node);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return ($"{prefix}/sensor/{node}/{stream}_{id}/config", bytes.ToArray());
    }
}
