using Edge.Kernels.Dispatch;
using Edge.Kernels.Recurrent;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class RecurrentTests
{
    private static readonly CellActivation Sigmoid = new(CellActivationKind.Sigmoid);
    private static readonly CellActivation Tanh = new(CellActivationKind.Tanh);

    /// <summary>Steps, batch, input size, hidden size.</summary>
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        { 1, 1, 1, 1 },
        { 3, 2, 5, 7 },
        { 4, 3, 16, 8 },
        { 2, 1, 17, 33 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void EveryRowFollowsTheEquations(int steps, int batch, int input, int hidden)
    {
        foreach (RecurrentCell cell in Enum.GetValues<RecurrentCell>())
        {
            foreach (bool variant in new[] { false, true })
            {
                RecurrentProblem problem = Problem(cell, steps, batch, input, hidden, variant ? [false, true] : [true]) with
                {
                    BatchFirst = variant,
                    LinearBeforeReset = variant,
                    InputForget = variant,
                    Clip = variant ? 0.5f : float.PositiveInfinity,
                };
                Tensor?[] inputs = Inputs(problem, withOptional: true);
                Compare(problem, inputs);
                inputs = Inputs(problem, withOptional: false);
                Compare(problem, inputs);
            }
        }
    }

    [Fact]
    public void DoubleRowAgrees()
    {
        RecurrentProblem problem = Problem(RecurrentCell.Lstm, 3, 2, 4, 5, [false]);
        Tensor?[] inputs = Inputs(problem, withOptional: true);
        Tensor?[] wide = [.. inputs.Select(t => t is { Type: DataType.F32 } ? Tensor.From<double>(t.Shape, t.ToDouble()) : t)];
        TensorInfo[] infos = [.. Outputs(problem).Select(o => o with { Type = DataType.F64 })];
        RecurrentProblem asDouble = problem with { Type = DataType.F64 };
        Tensor[] y = RowChecks.Run(RecurrentKernels.Table.Select(asDouble, KernelQuery.Default), asDouble, wide, infos);
        Assert.True(Close.RelativeError([.. y[0].ToDouble().Select(v => (float)v)], Expected(problem, inputs).All) < 1e-6);
    }

    [Fact]
    public void IllegalSequenceLengthIsRefused()
    {
        RecurrentProblem problem = Problem(RecurrentCell.Plain, 3, 1, 2, 2, [false]);
        Tensor?[] inputs = Inputs(problem, withOptional: false);
        inputs[4] = Tensor.FromVector(4);
        KernelRow<RecurrentProblem> row = RecurrentKernels.Table.Select(problem, KernelQuery.Default);
        Assert.Contains("sequence 0 has length 4", Assert.Throws<KernelValueException>(() => RowChecks.Run(row, problem, inputs, Outputs(problem))).Message);
    }

    [Theory]
    [InlineData(CellActivationKind.Sigmoid, 0.5, 0.62245933)]
    [InlineData(CellActivationKind.Tanh, 0.5, 0.46211716)]
    [InlineData(CellActivationKind.Relu, -0.5, 0)]
    [InlineData(CellActivationKind.Affine, 0.5, 2)]
    [InlineData(CellActivationKind.LeakyRelu, -0.5, -1)]
    [InlineData(CellActivationKind.ThresholdedRelu, 1.5, 0)]
    [InlineData(CellActivationKind.ThresholdedRelu, 2.5, 2.5)]
    [InlineData(CellActivationKind.ScaledTanh, 0.5, 0.92423431)]
    [InlineData(CellActivationKind.HardSigmoid, -0.4, 0.2)]
    [InlineData(CellActivationKind.Elu, -0.5, -0.78693868)]
    [InlineData(CellActivationKind.Softsign, -0.5, -1.0 / 3)]
    [InlineData(CellActivationKind.Softplus, 0.5, 0.97407698)]
    public void ActivationsFollowTheirFormulas(CellActivationKind kind, double x, double expected) =>
        Assert.Equal(expected, new CellActivation(kind, 2, 1).Apply(x), 1e-6);

    private static void Compare(RecurrentProblem problem, Tensor?[] inputs)
    {
        (float[] all, float[] h, float[] c) = Expected(problem, inputs);
        foreach (KernelRow<RecurrentProblem> row in RecurrentKernels.Table.Candidates(problem, Cpu.Features))
        {
            Tensor[] y = RowChecks.Run(row, problem, inputs, Outputs(problem), threads: 3);
            Assert.True(Close.RelativeError(y[0].Span<float>(), all) < 1e-5, $"{row.Name} {problem.Cell} y");
            Assert.True(Close.RelativeError(y[1].Span<float>(), h) < 1e-5, $"{row.Name} {problem.Cell} h");
            Assert.True(problem.Cell != RecurrentCell.Lstm || Close.RelativeError(y[2].Span<float>(), c) < 1e-5, $"{row.Name} c");
        }
    }

    private static RecurrentProblem Problem(RecurrentCell cell, int steps, int batch, int input, int hidden, bool[] reversed)
    {
        CellActivation[] activations = cell switch
        {
            RecurrentCell.Plain => [Tanh],
            RecurrentCell.Gru => [Sigmoid, Tanh],
            _ => [Sigmoid, Tanh, Tanh],
        };
        CellActivation[] forAll = [.. reversed.SelectMany(_ => activations)];
        return new RecurrentProblem(cell, DataType.F32, steps, batch, input, hidden, reversed, forAll, float.PositiveInfinity, false, false, false);
    }

    private static Tensor?[] Inputs(RecurrentProblem p, bool withOptional)
    {
        int d = p.Directions;
        int rows = p.Gates * p.Hidden;
        Shape state = p.BatchFirst ? new Shape(p.Batch, d, p.Hidden) : new Shape(d, p.Batch, p.Hidden);
        var inputs = new Tensor?[p.Cell == RecurrentCell.Lstm ? 8 : 6];
        inputs[0] = RandomTensor.F32(p.BatchFirst ? new Shape(p.Batch, p.Steps, p.InputSize) : new Shape(p.Steps, p.Batch, p.InputSize), 1);
        inputs[1] = RandomTensor.F32(new Shape(d, rows, p.InputSize), 2);
        inputs[2] = RandomTensor.F32(new Shape(d, rows, p.Hidden), 3);
        if (!withOptional)
        {
            return inputs;
        }
        inputs[3] = RandomTensor.F32(new Shape(d, 2 * rows), 4);
        inputs[4] = Tensor.FromVector<int>([.. Enumerable.Range(0, p.Batch).Select(n => Math.Max(0, p.Steps - n))]);
        inputs[5] = RandomTensor.F32(state, 5);
        if (p.Cell == RecurrentCell.Lstm)
        {
            inputs[6] = RandomTensor.F32(state, 6);
            inputs[7] = RandomTensor.F32(new Shape(d, 3 * p.Hidden), 7);
        }
        return inputs;
    }

    private static TensorInfo[] Outputs(RecurrentProblem p)
    {
        int d = p.Directions;
        var all = new TensorInfo(DataType.F32, p.BatchFirst ? new Shape(p.Batch, p.Steps, d, p.Hidden) : new Shape(p.Steps, d, p.Batch, p.Hidden));
        var state = new TensorInfo(DataType.F32, p.BatchFirst ? new Shape(p.Batch, d, p.Hidden) : new Shape(d, p.Batch, p.Hidden));
        return p.Cell == RecurrentCell.Lstm ? [all, state, state] : [all, state];
    }

    /// <summary>The equations of the ONNX operators, written per unit on whole arrays.</summary>
    private static (float[] All, float[] H, float[] C) Expected(RecurrentProblem p, Tensor?[] inputs)
    {
        double[]?[] values = [.. inputs.Select(t => t?.ToDouble())];
        double[] Get(int index, int from, int count) => index < values.Length && values[index] is { } v ? v[from..(from + count)] : new double[count];
        int size = p.Hidden;
        int rows = p.Gates * size;
        var all = new float[p.Steps * p.Directions * p.Batch * size];
        var lastH = new float[p.Directions * p.Batch * size];
        var lastC = new float[lastH.Length];
        for (int d = 0; d < p.Directions; d++)
        {
            for (int n = 0; n < p.Batch; n++)
            {
                int at = (p.BatchFirst ? (n * p.Directions) + d : (d * p.Batch) + n) * size;
                double[] h = Get(5, at, size);
                double[] c = Get(6, at, size);
                int length = values[4] is { } lengths ? (int)lengths[n] : p.Steps;
                int[] order = [.. Enumerable.Range(0, length)];
                foreach (int t in p.Reversed[d] ? order.Reverse() : order)
                {
                    double[] x = Get(0, (p.BatchFirst ? (n * p.Steps) + t : (t * p.Batch) + n) * p.InputSize, p.InputSize);
                    (h, c) = Step(p, x, h, c, Get(1, d * rows * p.InputSize, rows * p.InputSize), Get(2, d * rows * size, rows * size), Get(3, 2 * d * rows, 2 * rows), Get(7, 3 * d * size, 3 * size));
                    int y = (p.BatchFirst ? (((n * p.Steps) + t) * p.Directions) + d : (((t * p.Directions) + d) * p.Batch) + n) * size;
                    Array.Copy(Array.ConvertAll(h, v => (float)v), 0, all, y, size);
                }
                Array.Copy(Array.ConvertAll(h, v => (float)v), 0, lastH, at, size);
                Array.Copy(Array.ConvertAll(c, v => (float)v), 0, lastC, at, size);
            }
        }
        return (all, lastH, lastC);
    }

    private static (double[] H, double[] C) Step(RecurrentProblem p, double[] x, double[] h, double[] c, double[] w, double[] r, double[] bias, double[] peep)
    {
        int size = p.Hidden;
        int rows = p.Gates * size;
        double Wx(int row) => x.Select((v, k) => v * w[(row * x.Length) + k]).Sum() + bias[row];
        double Rh(int row, double[] of) => of.Select((v, k) => v * r[(row * size) + k]).Sum() + bias[rows + row];
        double Clip(double v) => Math.Max(-p.Clip, Math.Min(p.Clip, v));
        static double S(double v) => 1 / (1 + Math.Exp(-v));
        int[] units = [.. Enumerable.Range(0, size)];
        if (p.Cell == RecurrentCell.Plain)
        {
            return ([.. units.Select(i => Math.Tanh(Clip(Wx(i) + Rh(i, h))))], c);
        }
        if (p.Cell == RecurrentCell.Gru)
        {
            double[] reset = [.. units.Select(i => S(Clip(Wx(size + i) + Rh(size + i, h))))];
            double[] kept = [.. units.Select(i => reset[i] * h[i])];
            return ([.. units.Select(i =>
            {
                double z = S(Clip(Wx(i) + Rh(i, h)));
                double recurrent = p.LinearBeforeReset ? reset[i] * Rh((2 * size) + i, h) : Rh((2 * size) + i, kept);
                return ((1 - z) * Math.Tanh(Clip(Wx((2 * size) + i) + recurrent))) + (z * h[i]);
            })], c);
        }
        double[] next = [.. units.Select(i =>
        {
            double input = S(Clip(Wx(i) + Rh(i, h) + (peep[i] * c[i])));
            double forget = p.InputForget ? 1 - input : S(Clip(Wx((2 * size) + i) + Rh((2 * size) + i, h) + (peep[(2 * size) + i] * c[i])));
            return (forget * c[i]) + (input * Math.Tanh(Clip(Wx((3 * size) + i) + Rh((3 * size) + i, h))));
        })];
        return ([.. units.Select(i => S(Clip(Wx(size + i) + Rh(size + i, h) + (peep[size + i] * next[i]))) * Math.Tanh(next[i]))], next);
    }
}
