using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Recurrent;

/// <summary>Runs the cells of each direction and batch one after another over time; directions and batches in parallel.</summary>
internal sealed unsafe class RecurrentKernel<T, TDot>(RecurrentProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TDot : struct, IDotProduct<T>
{
    private readonly RecurrentProblem _problem = problem;
    private readonly int _hidden = problem.Hidden;
    private readonly int _gateRows = problem.Gates * problem.Hidden;
    private readonly int _activationsPerDirection = problem.Activations.Length / problem.Directions;

    public override long ScratchBytes => checked((long)_problem.Directions * _problem.Batch * ChunkBytes);

    /// <summary>h, c and a product with R's last gate in T; two sets of gate sums in double.</summary>
    private long ChunkBytes => AlignedBuffer.Align(checked(((3L * _hidden) + (2L * _gateRows)) * sizeof(double)));

    public override void Run(in KernelContext context)
    {
        RequireLengths((int*)context.Input(4));
        var state = new State
        {
            X = (T*)context.Input(0),
            W = (T*)context.Input(1),
            R = (T*)context.Input(2),
            Bias = (T*)context.Input(3),
            Lengths = (int*)context.Input(4),
            FirstH = (T*)context.Input(5),
            Y = (T*)context.Output(0),
            LastH = (T*)context.Output(1),
            Scratch = context.Scratch,
        };
        if (_problem.Cell == RecurrentCell.Lstm)
        {
            state.FirstC = (T*)context.Input(6);
            state.Peepholes = (T*)context.Input(7);
            state.LastC = (T*)context.Output(2);
        }
        context.Pool.Run(this, &state, &Chunk, _problem.Directions * _problem.Batch);
    }

    private void RequireLengths(int* lengths)
    {
        for (int n = 0; lengths is not null && n < _problem.Batch; n++)
        {
            if (lengths[n] < 0 || lengths[n] > _problem.Steps)
            {
                throw new KernelValueException($"sequence {n} has length {lengths[n]}, expected 0 to {_problem.Steps}");
            }
        }
    }

    private static void Chunk(object owner, void* state, int chunk)
    {
        var kernel = (RecurrentKernel<T, TDot>)owner;
        kernel.RunSequence((State*)state, chunk / kernel._problem.Batch, chunk % kernel._problem.Batch);
    }

    private void RunSequence(State* state, int direction, int n)
    {
        byte* scratch = state->Scratch + (((direction * (long)_problem.Batch) + n) * ChunkBytes);
        var cell = new Cell
        {
            Sums = (double*)scratch,
            Recurrent = (double*)scratch + _gateRows,
            H = (T*)((double*)scratch + (2 * _gateRows)),
            W = state->W + ((long)direction * _gateRows * _problem.InputSize),
            R = state->R + ((long)direction * _gateRows * _hidden),
            Bias = state->Bias is null ? null : state->Bias + (2L * direction * _gateRows),
            Peepholes = state->Peepholes is null ? null : state->Peepholes + (3L * direction * _hidden),
            Direction = direction,
        };
        cell.C = cell.H + _hidden;
        cell.Product = cell.C + _hidden;
        long atState = StateOffset(direction, n);
        Copy(state->FirstH is null ? null : state->FirstH + atState, cell.H);
        Copy(state->FirstC is null ? null : state->FirstC + atState, cell.C);
        int length = state->Lengths is null ? _problem.Steps : state->Lengths[n];
        for (int step = 0; step < _problem.Steps; step++)
        {
            int t = step < length && _problem.Reversed[direction] ? length - 1 - step : step;
            T* y = state->Y + OutputOffset(t, direction, n);
            if (step >= length)
            {
                Copy(null, y);
                continue;
            }
            Advance(state->X + InputOffset(t, n), ref cell);
            Copy(cell.H, y);
        }
        Copy(cell.H, state->LastH + atState);
        if (state->LastC is not null)
        {
            Copy(cell.C, state->LastC + atState);
        }
    }

    private void Advance(T* x, ref Cell cell)
    {
        for (int row = 0; row < _gateRows; row++)
        {
            cell.Sums[row] = TDot.Dot(cell.W + ((long)row * _problem.InputSize), x, _problem.InputSize) + Bias(cell, row);
            cell.Recurrent[row] = TDot.Dot(cell.R + ((long)row * _hidden), cell.H, _hidden) + Bias(cell, _gateRows + row);
        }
        switch (_problem.Cell)
        {
            case RecurrentCell.Plain: AdvancePlain(cell); break;
            case RecurrentCell.Gru: AdvanceGru(cell); break;
            default: AdvanceLstm(cell); break;
        }
    }

    private void AdvancePlain(in Cell cell)
    {
        for (int i = 0; i < _hidden; i++)
        {
            cell.H[i] = T.CreateTruncating(Apply(cell, 0, cell.Sums[i] + cell.Recurrent[i]));
        }
    }

    private void AdvanceGru(in Cell cell)
    {
        int reset = _hidden;
        int hidden = 2 * _hidden;
        for (int i = 0; i < _hidden; i++)
        {
            cell.Sums[i] = Apply(cell, 0, cell.Sums[i] + cell.Recurrent[i]);
            cell.Sums[reset + i] = Apply(cell, 0, cell.Sums[reset + i] + cell.Recurrent[reset + i]);
            cell.Product[i] = T.CreateTruncating(cell.Sums[reset + i] * double.CreateTruncating(cell.H[i]));
        }
        for (int i = 0; i < _hidden; i++)
        {
            // Either r * (R h + b), or R (r * h) + b.
            double recurrent = _problem.LinearBeforeReset
                ? cell.Sums[reset + i] * cell.Recurrent[hidden + i]
                : TDot.Dot(cell.R + ((long)(hidden + i) * _hidden), cell.Product, _hidden) + Bias(cell, _gateRows + hidden + i);
            cell.Recurrent[i] = Apply(cell, 1, cell.Sums[hidden + i] + recurrent);
        }
        for (int i = 0; i < _hidden; i++)
        {
            double update = cell.Sums[i];
            cell.H[i] = T.CreateTruncating(((1 - update) * cell.Recurrent[i]) + (update * double.CreateTruncating(cell.H[i])));
        }
    }

    private void AdvanceLstm(in Cell cell)
    {
        for (int i = 0; i < _hidden; i++)
        {
            double c = double.CreateTruncating(cell.C[i]);
            double input = Apply(cell, 0, Gate(cell, 0, i) + Peephole(cell, 0, i, c));
            double forget = _problem.InputForget ? 1 - input : Apply(cell, 0, Gate(cell, 2, i) + Peephole(cell, 2, i, c));
            double next = (forget * c) + (input * Apply(cell, 1, Gate(cell, 3, i)));
            double output = Apply(cell, 0, Gate(cell, 1, i) + Peephole(cell, 1, i, next));
            cell.C[i] = T.CreateTruncating(next);
            cell.H[i] = T.CreateTruncating(output * Activation(cell, 2).Apply(next));
        }
    }

    private double Gate(in Cell cell, int gate, int i) => cell.Sums[(gate * _hidden) + i] + cell.Recurrent[(gate * _hidden) + i];

    private double Peephole(in Cell cell, int gate, int i, double c) =>
        cell.Peepholes is null ? 0 : double.CreateTruncating(cell.Peepholes[(gate * _hidden) + i]) * c;

    private static double Bias(in Cell cell, int row) => cell.Bias is null ? 0 : double.CreateTruncating(cell.Bias[row]);

    private double Apply(in Cell cell, int activation, double sum) => Activation(cell, activation).Apply(Math.Clamp(sum, -_problem.Clip, _problem.Clip));

    private CellActivation Activation(in Cell cell, int index) => _problem.Activations[(cell.Direction * _activationsPerDirection) + index];

    /// <summary>Copies H values; zeros from null.</summary>
    private void Copy(T* source, T* target)
    {
        for (int i = 0; i < _hidden; i++)
        {
            target[i] = source is null ? T.Zero : source[i];
        }
    }

    private long InputOffset(int t, int n) => (_problem.BatchFirst ? ((long)n * _problem.Steps) + t : ((long)t * _problem.Batch) + n) * _problem.InputSize;

    private long StateOffset(int direction, int n) =>
        (_problem.BatchFirst ? ((long)n * _problem.Directions) + direction : ((long)direction * _problem.Batch) + n) * _hidden;

    private long OutputOffset(int t, int direction, int n) => (_problem.BatchFirst
        ? ((((long)n * _problem.Steps) + t) * _problem.Directions) + direction
        : ((((long)t * _problem.Directions) + direction) * _problem.Batch) + n) * _hidden;

    private struct State
    {
        public T* X;
        public T* W;
        public T* R;
        public T* Bias;
        public int* Lengths;
        public T* FirstH;
        public T* FirstC;
        public T* Peepholes;
        public T* Y;
        public T* LastH;
        public T* LastC;
        public byte* Scratch;
    }

    private struct Cell
    {
        public double* Sums;
        public double* Recurrent;
        public T* H;
        public T* C;
        public T* Product;
        public T* W;
        public T* R;
        public T* Bias;
        public T* Peepholes;
        public int Direction;
    }
}
