package dev.millrace.orchestrator;

import dev.millrace.message.CloudEvents;
import dev.millrace.message.Json;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.UnreadableEventException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;

/** Keeps what each stage announced last, as plain JSON without the envelope. */
final class CatalogueProcessor implements Processor<String, byte[], Void, Void> {
    static final String STORE = "catalogue";
    private static final Logger LOG = Logger.getLogger(CatalogueProcessor.class);

    @SuppressWarnings("NullAway.Init") // by init
    private KeyValueStore<String, byte[]> stages;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        stages = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        if (record.key() == null) {
            return;
        }
        if (record.value() == null) {
            stages.delete(record.key());
            return;
        }
        try {
            var event = CloudEvents.decode(new EventHeaders(record.headers()), record.value());
            if (event.data() instanceof StageRegistered registered) {
                stages.put(registered.stage(), Json.write(registered));
            }
        } catch (UnreadableEventException e) {
            LOG.warnf("Catalogue entry of '%s' is ignored: %s", record.key(), e.getMessage());
        }
    }
}
