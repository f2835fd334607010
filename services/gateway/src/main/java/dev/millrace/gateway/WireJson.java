package dev.millrace.gateway;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.message.Json;
import jakarta.ws.rs.ext.ContextResolver;
import jakarta.ws.rs.ext.Provider;

/** HTTP speaks the JSON of the topics. */
@Provider
public class WireJson implements ContextResolver<ObjectMapper> {
    @Override
    public ObjectMapper getContext(Class<?> type) {
        return Json.mapper();
    }
}
