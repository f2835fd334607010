package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The quantization stage's techniques. */
public final class QuantizationStage implements Stage {
    @Override
    public String name() {
        return "quantization";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(
                new StaticInt8(),
                new DynamicInt8(),
                new QuantizationAware(),
                new WeightOnly(),
                WeightStorage.float16(),
                WeightStorage.bfloat16());
    }

    @Override
    public void prepare() {
        OrtSession.prepare();
    }
}
