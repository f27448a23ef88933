using System.Globalization;

namespace Edge.Serve.Web;

/// <summary>What the machine says about itself.</summary>
internal static class MachineState
{
    private const string Zones = "/sys/class/thermal";

    /// <summary>The hottest of the machine's sensors, in degrees Celsius; null where there is none.</summary>
    public static double? Temperature()
    {
        double? hottest = null;
        try
        {
            foreach (string zone in Directory.Exists(Zones) ? Directory.EnumerateDirectories(Zones, "thermal_zone*") : [])
            {
                if (int.TryParse(File.ReadAllText(Path.Combine(zone, "temp")), NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int thousandths))
                {
                    hottest = Math.Max(hottest ?? double.MinValue, thousandths / 1000.0);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return hottest;
        }
        return hottest;
    }
}
