using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Configuration;

namespace Edge.Serve.Tests;

public class ConfigTests
{
    private const string Good = """
        {
          // comments and trailing commas are allowed
          "streams": [
            { "name": "door", "source": "synthetic://camera", "model": "m.edge", "boxes": { "layout": "yolox" } },
            { "name": "heart", "source": "synthetic://ecg?hr=80", },
          ],
          "sinks": [ { "kind": "jsonl", "path": "-", "streams": ["heart"], "results": ["beat"] } ]
        }
        """;

    [Fact]
    public void AGoodFileIsRead()
    {
        ServeConfig config = ConfigFile.Parse(Good, "c.json", []);
        Assert.Equal(["door", "heart"], config.Streams.Select(s => s.Name));
        Assert.Equal("127.0.0.1:8787", config.Web.Listen);
        Assert.Equal(0.5f, config.Streams[0].Boxes!.Threshold);
    }

    [Theory]
    [InlineData("{", "c.json")]
    [InlineData("""{"stream":[]}""", "stream")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg","modle":"x"}]}""", "modle")]
    [InlineData("""{"streams":[{"name":"a","source":3}]}""", "source")]
    [InlineData("""{"streams":[]}""", "there are none")]
    [InlineData("null", "there are none")]
    [InlineData("""{"streams":null}""", "streams")]
    [InlineData("""{"streams":[],"streams":[]}""", "c.json")]
    [InlineData("""{"streams":[{"name":"a b","source":"synthetic://ecg"}]}""", "letters, digits")]
    [InlineData("""{"streams":[{"name":"a","source":"ftp://x"}]}""", "no such source")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"},{"name":"a","source":"synthetic://ecg"}]}""", "2 are named 'a'")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg","boxes":{}}]}""", "belong to cameras")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://camera","cascade":"m"}]}""", "needs boxes")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg","speed":-1}]}""", "speed is -1")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg","hops":"yes"}]}""", "hops is 'yes'")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg","backoff":[5,1]}]}""", "backoff")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"web":{"listen":"0.0.0.0:80"}}""", "token_file")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"web":{"listen":"nowhere"}}""", "ADDRESS:PORT")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"web":{"certificate":"c"}}""", "belong together")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"sinks":[{"kind":"fax"}]}""", "kind is 'fax'")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"sinks":[{"kind":"jsonl"}]}""", "path is missing")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"sinks":[{"kind":"mqtt","url":"http://x"}]}""", "mqtt://HOST")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"sinks":[{"kind":"jsonl","path":"-","streams":["b"]}]}""", "no stream 'b'")]
    [InlineData("""{"streams":[{"name":"a","source":"synthetic://ecg"}],"clients":{"listen":"0.0.0.0:5","model":"m"}}""", "clients.listen")]
    public void WhatIsWrongIsNamed(string json, string expected)
    {
        EdgeException problem = Assert.Throws<EdgeException>(() => ConfigFile.Parse(json, "c.json", []));
        Assert.Equal(EdgeError.BadConfiguration, problem.Error);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AllProblemsAreListed()
    {
        EdgeException problem = Assert.Throws<EdgeException>(() => ConfigFile.Parse("""{"streams":[{"name":"","source":"x","speed":-1}],"web":{"listen":"x"}}""", "c.json", []));
        Assert.True(problem.Message.Split("; ").Length >= 3, problem.Message);
    }

    [Fact]
    public void TheCommandLineWins()
    {
        ServeConfig config = ConfigFile.Parse(Good, "c.json", ["streams.1.speed=4", "web.listen=127.0.0.1:9", "state_directory=/x", "streams.0.model=other.edge", "clients.listen=unix:/s", "clients.model=m"]);
        Assert.Equal(4, config.Streams[1].Speed);
        Assert.Equal(("127.0.0.1:9", "/x", "other.edge", "unix:/s"), (config.Web.Listen, config.StateDirectory, config.Streams[0].Model, config.Clients!.Listen));
        foreach (string bad in new[] { "streams.7.speed=1", "=3", "speed", "streams.x=1" })
        {
            Assert.Throws<EdgeException>(() => ConfigFile.Parse(Good, "c.json", [bad]));
        }
    }

    [Fact]
    public void RandomTextsAreRefusedNotFatal()
    {
        var random = new Random(1);
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Good.ToCharArray();
            for (int k = 0; k < 3; k++)
            {
                text[random.Next(text.Length)] = "{}[]\",:0a\\"[random.Next(10)];
            }
            try
            {
                ConfigFile.Parse(new string(text), "c.json", []);
            }
            catch (EdgeException problem)
            {
                Assert.Equal(EdgeError.BadConfiguration, problem.Error);
            }
        }
        Assert.Throws<EdgeException>(() => ConfigFile.Parse(new string('[', 10_000), "c.json", []));
    }

    [Fact]
    public void TheSchemaDescribesEveryField()
    {
        JsonElement root = JsonDocument.Parse(ConfigFile.Schema()).RootElement;
        JsonElement stream = root.GetProperty("properties").GetProperty("streams").GetProperty("items");
        Assert.False(stream.GetProperty("additionalProperties").GetBoolean());
        Assert.StartsWith("Where samples", stream.GetProperty("properties").GetProperty("source").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal(typeof(StreamConfig).GetProperties().Length, stream.GetProperty("properties").EnumerateObject().Count());
    }
}
