package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Recurrent layers, unrolled over time. */
enum Recurrent implements Op {
    GRU(op(
                    "GRU",
                    2,
                    "op.gru({0}, {1}, {2}, {3=None}, {4=None}, {5=None}, {direction='forward'}, {hidden_size=0}, "
                            + "{linear_before_reset=0}, {layout=0}, {clip=0.0}, " + Recurrent.ACTIVATIONS + ")")
            .settings(4)),
    LSTM(op(
                    "LSTM",
                    3,
                    "op.lstm({0}, {1}, {2}, {3=None}, {4=None}, {5=None}, {6=None}, {7=None}, {direction='forward'}, "
                            + "{hidden_size=0}, {input_forget=0}, {layout=0}, {clip=0.0}, " + Recurrent.ACTIVATIONS
                            + ")")
            .settings(4)),
    RNN(op(
                    "RNN",
                    2,
                    "op.rnn({0}, {1}, {2}, {3=None}, {4=None}, {5=None}, {direction='forward'}, {hidden_size=0}, {layout=0}, "
                            + "{clip=0.0}, " + Recurrent.ACTIVATIONS + ")")
            .settings(4));

    private final Form form;

    Recurrent(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    /** Their names and numbers; empty lists mean the operator's own. */
    static final String ACTIVATIONS =
            "{activations:texts=[]}, {activation_alpha:floats=[]}, {activation_beta:floats=[]}";
}
