package dev.millrace.gateway;

import dev.millrace.message.CloudEvents;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Kafka's headers as the CloudEvents codec wants them. */
record EventHeaders(Headers headers) implements CloudEvents.Headers {
    @Override
    public byte @Nullable [] last(String name) {
        var header = headers.lastHeader(name);
        return header == null ? null : header.value();
    }
}
