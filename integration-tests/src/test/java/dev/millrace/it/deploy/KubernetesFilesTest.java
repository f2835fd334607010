package dev.millrace.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.message.TopicDefinition;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code deploy/kubernetes} as kustomize renders it. */
class KubernetesFilesTest {
    private static List<Fields> base = List.of();
    private static List<Fields> overlay = List.of();

    @BeforeAll
    static void render() throws InterruptedException {
        assumeTrue(
                Command.run(SourceTree.ROOT, "kubectl", "version", "--client").succeeded(),
                "kubectl is not installed here");
        base = render("deploy/kubernetes/base");
        overlay = render("deploy/kubernetes/overlays/example");
    }

    @Test
    void hasOneDeploymentForEachService() throws IOException {
        assertThat(names(base, "Deployment")).isEqualTo(SourceTree.services());
        assertThat(names(overlay, "Deployment")).isEqualTo(SourceTree.services());
    }

    @Test
    void everyServiceIsProbed() {
        for (var container : containers(base)) {
            for (var probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                assertThat(container.at(probe, "httpGet").text("path")).startsWith("/q/health/");
                assertThat(container.at(probe, "httpGet").text("port")).isEqualTo("http");
            }
            assertThat(container.list("ports"))
                    .singleElement()
                    .satisfies(port -> assertThat(port.text("name")).isEqualTo("http"));
        }
    }

    @Test
    void everyServiceMeetsTheRestrictedPodStandard() {
        for (var pod : pods(base)) {
            assertThat(pod.at("securityContext").value("runAsNonRoot")).isEqualTo(true);
            assertThat(pod.at("securityContext", "seccompProfile").text("type")).isEqualTo("RuntimeDefault");
        }
        for (var container : containers(base)) {
            var security = container.at("securityContext");
            assertThat(security.value("allowPrivilegeEscalation")).isEqualTo(false);
            assertThat(security.value("readOnlyRootFilesystem")).isEqualTo(true);
            assertThat(security.at("capabilities").value("drop")).isEqualTo(List.of("ALL"));
        }
    }

    @Test
    void everyServiceHasLimitsAndTimeToStop() {
        assertThat(pods(base))
                .isNotEmpty()
                .allSatisfy(pod ->
                        assertThat(pod.value("terminationGracePeriodSeconds")).isEqualTo(30));
        for (var container : containers(base)) {
            assertThat(container.at("resources", "limits").names()).contains("cpu", "memory");
            assertThat(container.at("resources", "requests").names()).contains("cpu", "memory");
        }
    }

    @Test
    void everyMountHasItsVolume() {
        for (var rendered : List.of(base, overlay)) {
            for (var pod : pods(rendered)) {
                var volumes = pod.list("volumes").stream()
                        .map(volume -> volume.text("name"))
                        .toList();
                var mounts = pod.list("containers").get(0).list("volumeMounts");
                assertThat(mounts.stream().map(mount -> mount.text("name"))).isSubsetOf(volumes);
            }
        }
    }

    @Test
    void everyoneWhoReadsArtifactsSharesThem() {
        for (var deployment : ofKind(base, "Deployment")) {
            if (!name(deployment).equals("orchestrator")) {
                assertThat(pod(deployment).list("volumes"))
                        .anySatisfy(volume -> assertThat(
                                        volume.at("persistentVolumeClaim").text("claimName"))
                                .isEqualTo("millrace-artifacts"));
            }
        }
        assertThat(ofKind(base, "PersistentVolumeClaim"))
                .singleElement()
                .satisfies(claim ->
                        assertThat(claim.at("spec").value("accessModes")).isEqualTo(List.of("ReadWriteMany")));
    }

    @Test
    void everyTopicIsThereWithItsSettings() throws IOException {
        var topics = ofKind(base, "KafkaTopic");

        var expected = TopicDefinition.all(SourceTree.stages());
        assertThat(topics.stream().map(KubernetesFilesTest::name).toList())
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(TopicDefinition::name).toList());
        for (var definition : expected) {
            var topic = topics.stream()
                    .filter(t -> name(t).equals(definition.name()))
                    .findFirst()
                    .orElseThrow()
                    .at("spec");
            assertThat(topic.value("partitions")).as(definition.name()).isEqualTo(definition.partitions(4));
            assertThat(topic.at("config").map().entrySet().stream()
                            .collect(Collectors.toMap(
                                    e -> e.getKey().toString(),
                                    e -> e.getValue().toString())))
                    .as(definition.name())
                    .isEqualTo(definition.config());
        }
    }

    @Test
    void setsOnlyKeysThatServicesRead() throws IOException {
        for (var rendered : List.of(base, overlay)) {
            assertThat(ofKind(rendered, "ConfigMap")).singleElement().satisfies(config -> {
                assertThat(config.at("data").names()).contains("KAFKA_BOOTSTRAP_SERVERS");
                assertThat(config.at("data").names()).isSubsetOf(SourceTree.environment());
            });
        }
    }

    @Test
    void theOverlayMountsTheInputsWhereRequestsMayPoint() {
        var root = ofKind(overlay, "ConfigMap").get(0).at("data").text("MILLRACE_ARTIFACTS_ROOTS");

        for (var deployment : ofKind(overlay, "Deployment")) {
            if (!List.of("gateway", "orchestrator").contains(name(deployment))) {
                assertThat(pod(deployment).list("containers").get(0).list("volumeMounts"))
                        .anySatisfy(mount -> {
                            assertThat(mount.text("mountPath")).isEqualTo(root);
                            assertThat(mount.value("readOnly")).isEqualTo(true);
                        });
            }
        }
    }

    @Test
    void theOverlayPutsEverythingIntoItsNamespace() {
        assertThat(overlay.stream().filter(resource -> !resource.text("kind").equals("Namespace")))
                .allSatisfy(resource ->
                        assertThat(resource.at("metadata").text("namespace")).isEqualTo("millrace"));
    }

    private static List<Fields> render(String directory) throws InterruptedException {
        var rendered = Command.run(SourceTree.ROOT, "kubectl", "kustomize", directory);
        assertThat(rendered.succeeded()).as(rendered.output()).isTrue();
        return SourceTree.documents(rendered.output()).map(Fields::of).toList();
    }

    private static List<Fields> ofKind(List<Fields> resources, String kind) {
        return resources.stream()
                .filter(resource -> resource.text("kind").equals(kind))
                .toList();
    }

    private static Set<String> names(List<Fields> resources, String kind) {
        return ofKind(resources, kind).stream()
                .map(KubernetesFilesTest::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String name(Fields resource) {
        return resource.at("metadata").text("name");
    }

    private static Fields pod(Fields deployment) {
        return deployment.at("spec", "template", "spec");
    }

    private static List<Fields> pods(List<Fields> resources) {
        return ofKind(resources, "Deployment").stream()
                .map(KubernetesFilesTest::pod)
                .toList();
    }

    private static List<Fields> containers(List<Fields> resources) {
        var containers = pods(resources).stream()
                .flatMap(pod -> pod.list("containers").stream())
                .toList();
        assertThat(containers).isNotEmpty();
        return containers;
    }
}
