using System.Security.Cryptography;
using System.Text;
using Edge.Serve.Configuration;
using Microsoft.AspNetCore.Http;

namespace Edge.Serve.Web;

/// <summary>
/// Who may ask what. The Host header has to be one of the daemon's names (a page of somebody else's whose name was pointed at this
/// machine has another one), an Origin header too, and where there is a token, it has to be right. Health needs no token.
/// </summary>
internal sealed class AccessRules
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "[::1]" };
    private readonly byte[]? _token;

    public AccessRules(WebConfig config, string? token)
    {
        if (ConfigRules.Endpoint(config.Listen) is { } endpoint)
        {
            _hosts.Add(endpoint.Host);
        }
        _hosts.UnionWith(config.Hosts);
        _token = token is null ? null : Encoding.UTF8.GetBytes(token);
    }

    /// <summary>The status with which a request is refused, and why; null where it may go on.</summary>
    public (int Status, string Reason)? Refusal(HttpRequest request)
    {
        if (!_hosts.Contains(request.Host.Host))
        {
            return (StatusCodes.Status421MisdirectedRequest, "this is another host; add it to web.hosts");
        }
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && _hosts.Contains(from.Host) && from.Port == (request.Host.Port ?? from.Port)))
        {
            return (StatusCodes.Status403Forbidden, "requests from other pages are refused");
        }
        if (_token is null || request.Path == "/healthz" || request.Path == "/readyz")
        {
            return null;
        }
        return IsRight(Given(request)) ? null : (StatusCodes.Status401Unauthorized, "the token is missing or wrong");
    }

    private static string Given(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : request.Query["token"].ToString();
    }

    private bool IsRight(string given) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(_token!));
}
