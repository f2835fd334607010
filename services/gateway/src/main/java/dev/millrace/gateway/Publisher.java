package dev.millrace.gateway;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.Topics;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Writes requests. What it has returned from is on the disks of the brokers. */
@ApplicationScoped
class Publisher {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final Instance<Map<String, Object>> kafka;
    private final int timeoutMillis;
    private @Nullable Producer<String, byte[]> producer;

    Publisher(
            @Identifier("default-kafka-broker") Instance<Map<String, Object>> kafka,
            @ConfigProperty(name = "millrace.gateway.publish-timeout") Duration timeout) {
        this.kafka = kafka;
        this.timeoutMillis = Math.toIntExact(timeout.toMillis());
    }

    /**
     * Publishes a request and waits for the acknowledgement of all replicas.
     *
     * @param event whose subject is the job id
     * @throws UnavailableException if the acknowledgement did not come. The event may be there all the same: send it again
     *     under the same job id
     */
    void publish(CloudEvent event) {
        var encoded = CloudEvents.encode(event);
        var record = new ProducerRecord<>(Topics.REQUESTS, null, event.subject(), encoded.body());
        encoded.headers().forEach(record.headers()::add);
        try {
            producer().send(record).get(2L * timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw new UnavailableException("Kafka did not acknowledge the request", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The gateway is stopping", e);
        }
    }

    synchronized void stop(@Observes ShutdownEvent event) {
        if (producer != null) {
            producer.close(CLOSE_LIMIT);
        }
    }

    /** Made at the first use, because the cluster may come later than the gateway. */
    private synchronized Producer<String, byte[]> producer() {
        var made = producer;
        if (made == null) {
            var settings = new HashMap<>(kafka.get());
            settings.put(ProducerConfig.ACKS_CONFIG, "all");
            settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
            settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
            settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMillis);
            settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMillis / 2);
            settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMillis);
            made = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
            producer = made;
        }
        return made;
    }
}
