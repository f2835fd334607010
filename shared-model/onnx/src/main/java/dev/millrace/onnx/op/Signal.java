package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Spectra and the windows in front of them. */
enum Signal implements Op {
    BLACKMAN_WINDOW(op("BlackmanWindow", Signal.window("0.42, 0.5, 0.08")).settings(0)),
    DFT(op("DFT", "op.dft({0}, {1:int=-1}, {axis|2:int=-2}, {inverse=0}, {onesided=0})")
            .since(20)
            .settings(1, 2)),
    DFT_17(op("DFT", "op.dft({0}, {1:int=-1}, {axis=1}, {inverse=0}, {onesided=0})")
            .until(19)
            .settings(1)),
    HAMMING_WINDOW(
            op("HammingWindow", Signal.window("25.0 / 46.0, 21.0 / 46.0, 0.0")).settings(0)),
    HANN_WINDOW(op("HannWindow", Signal.window("0.5, 0.5, 0.0")).settings(0)),
    MEL_WEIGHT_MATRIX(op(
                    "MelWeightMatrix",
                    "op.mel_weights({0:int}, {1:int}, {2:int}, {3:float}, {4:float}, {output_datatype:type=6})")
            .settings(0, 1, 2, 3, 4)),
    STFT(op("STFT", "op.stft({0}, {1:int}, {2=None}, {3:int=-1}, {onesided=1})").settings(1, 3));

    private final Form form;

    Signal(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static String window(String coefficients) {
        return "op.cosine_window({0:int}, {periodic=1}, " + coefficients + ", {output_datatype:type=6})";
    }
}
