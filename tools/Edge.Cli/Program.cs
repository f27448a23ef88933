using System.CommandLine;
using Edge.Cli;
using Edge.Commands;

var run = new RunCommand();
var bench = new BenchCommand();
var inspect = new InspectCommand();
var doctor = new DoctorCommand();
var root = new RootCommand("Runs .edge models on this device.") { run, bench, inspect, doctor };
var examples = new Dictionary<Command, string[]>
{
    [root] = ["edge run model.edge photo.jpg --top 5", "edge bench model.edge", "edge inspect model.edge --plan", "edge doctor model.edge"],
    [run] =
    [
        "edge run model.edge input.npy --output-dir out",
        "edge run model.edge photo.jpg --top 5",
        "edge run model.edge *.png --top 1 --json",
    ],
    [bench] = ["edge bench model.edge", "edge bench model.edge --threads 1 --runs 200 --json", "edge bench model.edge --layers"],
    [inspect] = ["edge inspect model.edge", "edge inspect model.edge --plan", "edge inspect model.edge --json"],
    [doctor] = ["edge doctor", "edge doctor model.edge"],
};
return CommandLineApp.Run(root, examples, args);
