using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

public sealed partial record Binary
{
    /// <summary>The partial derivatives, summed over broadcast axes. Max and Min give ties to the first input.</summary>
    public override void Differentiate(GradientContext context)
    {
        Value dy = context.Gradient;
        switch (Function.Name)
        {
            case "Add":
                Give(context, 0, () => dy);
                Give(context, 1, () => dy);
                break;
            case "Sub":
                Give(context, 0, () => dy);
                Give(context, 1, () => context.Negate(dy));
                break;
            case "Mul":
                Give(context, 0, () => context.Multiply(dy, context.Input(1)));
                Give(context, 1, () => context.Multiply(dy, context.Input(0)));
                break;
            case "Div":
                Give(context, 0, () => context.Add(new Binary("Div"), dy, context.Input(1)));
                Give(context, 1, () => context.Negate(context.Add(new Binary("Div"), context.Multiply(dy, context.Output()), context.Input(1))));
                break;
            case "Max":
                GiveSelected(context, context.Add(new Binary("GreaterOrEqual"), context.Input(0), context.Input(1)));
                break;
            case "Min":
                GiveSelected(context, context.Add(new Binary("LessOrEqual"), context.Input(0), context.Input(1)));
                break;
            case "PRelu":
                DifferentiatePRelu(context);
                break;
            case "Pow":
                DifferentiatePow(context);
                break;
            default:
                throw GradientRules.Missing($"{Kind} has no gradient rule");
        }
    }

    private static void Give(GradientContext context, int input, Func<Value> gradient)
    {
        if (context.Wants(input))
        {
            context.Give(input, context.SumTo(gradient(), context.InputShape(input)));
        }
    }

    /// <summary>The gradient goes to input 0 where the mask is true, else to input 1.</summary>
    private static void GiveSelected(GradientContext context, Value isFirst)
    {
        Give(context, 0, () => context.Keep(isFirst, context.Gradient));
        Give(context, 1, () => context.Add(new Where(), isFirst, context.Scalar(0), context.Gradient));
    }

    /// <summary>dx = dy where x >= 0, else slope * dy; dslope = x * dy where x is negative.</summary>
    private static void DifferentiatePRelu(GradientContext context)
    {
        Value isNegative = context.Add(new Binary("Less"), context.Input(0), context.Scalar(0));
        Give(context, 0, () => context.Add(new Where(), isNegative, context.Multiply(context.Gradient, context.Input(1)), context.Gradient));
        Give(context, 1, () => context.Keep(isNegative, context.Multiply(context.Gradient, context.Input(0))));
    }

    /// <summary>da = dy * b * a^(b - 1); db = dy * a^b * log(a).</summary>
    private static void DifferentiatePow(GradientContext context)
    {
        Give(context, 0, () =>
        {
            Value less = context.Add(new Binary("Sub"), context.Input(1), context.Scalar(1));
            return context.Multiply(context.Multiply(context.Gradient, context.Input(1)), context.Add(new Binary("Pow"), context.Input(0), less));
        });
        Give(context, 1, () => context.Multiply(context.Multiply(context.Gradient, context.Output()), context.Add(new Unary("Log"), context.Input(0))));
    }
}
