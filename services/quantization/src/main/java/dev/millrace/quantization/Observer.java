package dev.millrace.quantization;

import dev.millrace.engine.Outputs;
import dev.millrace.onnx.Model;
import java.util.Collection;
import java.util.Map;

/** What is looked at while a model runs on calibration data. For one thread at a time. */
interface Observer {
    /** Lets the values come out of the model. */
    void prepare(Model model);

    /** Outputs to ask for. */
    Collection<String> names();

    void see(Outputs values);

    Map<String, Range> ranges();
}
