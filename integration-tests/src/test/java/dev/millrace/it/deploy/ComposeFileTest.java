package dev.millrace.it.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code docker-compose.yml} and the image recipe. */
class ComposeFileTest {
    private static Fields compose = new Fields(Map.of());

    @BeforeAll
    static void read() throws IOException {
        compose = Fields.of(SourceTree.yaml(SourceTree.ROOT.resolve("docker-compose.yml")));
    }

    @Test
    void hasOneContainerForEachService() throws IOException {
        var built = new TreeMap<String, String>();
        for (var name : compose.at("services").names()) {
            var container = compose.at("services", name);
            if (container.value("build") != null) {
                built.put(name, container.at("build", "args").text("SERVICE"));
            }
        }

        assertThat(built.keySet()).isEqualTo(SourceTree.services());
        assertThat(built).allSatisfy((name, service) -> assertThat(service).isEqualTo(name));
    }

    @Test
    void everyServiceWaitsForKafkaIsCheckedAndHasNoPrivileges() throws IOException {
        for (var name : SourceTree.services()) {
            var service = compose.at("services", name);

            assertThat(service.at("depends_on", "kafka").text("condition")).isEqualTo("service_healthy");
            assertThat(service.at("healthcheck").texts("test")).isNotEmpty();
            assertThat(service.texts("cap_drop")).containsExactly("ALL");
        }
    }

    @Test
    void everyoneWhoReadsArtifactsSharesThem() throws IOException {
        for (var name : SourceTree.services()) {
            if (!name.equals("orchestrator")) {
                assertThat(compose.at("services", name).texts("volumes"))
                        .contains("artifacts:" + imageEnvironment().get("MILLRACE_ARTIFACTS_DIRECTORY"));
            }
        }
    }

    @Test
    void setsOnlyKeysThatServicesRead() throws IOException {
        var known = SourceTree.environment();
        for (var name : SourceTree.services()) {
            assertThat(compose.at("services", name, "environment").names()).isSubsetOf(known);
        }
        assertThat(imageEnvironment().keySet().stream().filter(name -> name.startsWith("MILLRACE")))
                .isNotEmpty()
                .isSubsetOf(known);
    }

    @Test
    void runsTheBrokerThatTheClientsAreBuiltFor() throws IOException {
        var version = Pattern.compile("<kafka.version>(.*)</kafka.version>")
                .matcher(Files.readString(SourceTree.ROOT.resolve("pom.xml")))
                .results()
                .map(match -> match.group(1))
                .findFirst();

        assertThat(version)
                .hasValueSatisfying(
                        v -> assertThat(compose.at("services", "kafka").text("image"))
                                .isEqualTo("apache/kafka:" + v));
    }

    @ParameterizedTest
    @CsvSource({"200, true", "503, false"})
    void theHealthCheckSeesWhetherAServiceIsReady(int status, boolean healthy) throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/q/health/ready", exchange -> {
            exchange.sendResponseHeaders(status, 2);
            exchange.getResponseBody().write("{}".getBytes(UTF_8));
            exchange.close();
        });
        server.start();
        try {
            var script = compose.at("services", "pruning", "healthcheck")
                    .texts("test")
                    .get(3);
            var here =
                    script.replace("8080", Integer.toString(server.getAddress().getPort()));

            assertThat(Command.run(SourceTree.ROOT, "bash", "-c", here).succeeded())
                    .isEqualTo(healthy);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void dockerComposeReadsIt() throws InterruptedException {
        assumeTrue(
                Command.run(SourceTree.ROOT, "docker", "compose", "version").succeeded(),
                "docker with its compose plugin is not installed here");

        var config = Command.run(SourceTree.ROOT, "docker", "compose", "--profile", "*", "config", "--quiet");

        assertThat(config.output()).isEmpty();
        assertThat(config.succeeded()).isTrue();
    }

    @Test
    void theImageRunsAsAnOrdinaryUser() throws IOException {
        assertThat(SourceTree.ROOT.resolve("deploy/images/Dockerfile"))
                .content()
                .containsPattern("(?m)^USER [1-9][0-9]+:")
                .containsPattern("(?m)^ENTRYPOINT \\[");
    }

    @Test
    void everyMountedFileIsInTheTree() {
        var mounts = Pattern.compile("(\\./deploy/[^:\\]]+):").matcher(compose.toString());

        assertThat(mounts.results().map(match -> SourceTree.ROOT.resolve(match.group(1))))
                .isNotEmpty()
                .allSatisfy(path -> assertThat(path).exists());
    }

    private static Map<String, String> imageEnvironment() throws IOException {
        var variables = new TreeMap<String, String>();
        Pattern.compile("(?:ENV|^   ) ([A-Z_]+)=(\\S+)", Pattern.MULTILINE)
                .matcher(Files.readString(SourceTree.ROOT.resolve("deploy/images/Dockerfile")))
                .results()
                .forEach(match -> variables.put(match.group(1), match.group(2)));
        return variables;
    }
}
