package dev.millrace.it.deploy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A mapping of a YAML document. */
record Fields(Map<?, ?> map) {
    static Fields of(@Nullable Object yaml) {
        return yaml instanceof Map<?, ?> map ? new Fields(map) : new Fields(Map.of());
    }

    /** The mapping at a path of names; empty where there is none. */
    Fields at(String... path) {
        var here = this;
        for (var name : path) {
            here = of(here.map.get(name));
        }
        return here;
    }

    @Nullable
    Object value(String name) {
        return map.get(name);
    }

    String text(String name) {
        return Objects.toString(map.get(name), "");
    }

    /** Mappings of a list; empty where there is none. */
    List<Fields> list(String name) {
        return map.get(name) instanceof List<?> list
                ? list.stream().map(Fields::of).toList()
                : List.of();
    }

    /** Texts of a list; empty where there is none. */
    List<String> texts(String name) {
        return map.get(name) instanceof List<?> list
                ? list.stream().map(Object::toString).toList()
                : List.of();
    }

    List<String> names() {
        return map.keySet().stream().map(Object::toString).toList();
    }
}
