package dev.millrace.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code deploy/observability}: what it scrapes and draws exists. */
class ObservabilityFilesTest {
    private static final Path DIRECTORY = SourceTree.ROOT.resolve("deploy/observability");
    private static final Pattern OURS = Pattern.compile("\\bmillrace_[a-z_]+");

    @Test
    void theDashboardDrawsMetricsThatServicesHave() throws IOException {
        var meters = SourceTree.meters().stream()
                .map(name -> name.replace('.', '_'))
                .collect(Collectors.toCollection(TreeSet::new));
        var dashboard = Files.readString(DIRECTORY.resolve("grafana/dashboards/millrace.json"));
        var drawn = OURS.matcher(dashboard)
                .results()
                .map(match -> match.group().replaceAll("(_seconds_(count|sum|max)|_total)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(drawn).isNotEmpty().isSubsetOf(meters);
        assertThat(drawn).as("meters that nobody draws").containsAll(meters);
    }

    @Test
    void everyPanelHasAQueryAndAnIdOfItsOwn() throws IOException {
        var dashboard = Fields.of(SourceTree.yaml(DIRECTORY.resolve("grafana/dashboards/millrace.json")));

        assertThat(dashboard.list("panels"))
                .isNotEmpty()
                .allSatisfy(panel -> assertThat(panel.list("targets")).isNotEmpty())
                .doesNotHaveDuplicates()
                .extracting(panel -> panel.value("id"))
                .doesNotHaveDuplicates();
    }

    @Test
    void prometheusScrapesEveryService() throws IOException {
        var prometheus = Fields.of(SourceTree.yaml(DIRECTORY.resolve("prometheus.yml")));
        var job = prometheus.list("scrape_configs").get(0);

        assertThat(job.text("metrics_path")).isEqualTo("/q/metrics");
        assertThat(job.list("dns_sd_configs").get(0).texts("names"))
                .containsExactlyInAnyOrderElementsOf(SourceTree.services());
    }
}
