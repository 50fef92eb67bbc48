"""What the server counts for Prometheus. No label names a user or a workbook."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gridos.fetching import Fetcher


class Counts(Collector):
    """Reads the rooms' own counts at the moment somebody looks, so the rooms know nothing of Prometheus."""

    def __init__(self, fetcher: Fetcher, open_workbooks: Callable[[], int]) -> None:
        self._fetcher = fetcher
        self._open_workbooks = open_workbooks

    def collect(self) -> Iterable[Metric]:
        """The families, in the order they are shown."""
        yield GaugeMetricFamily("gridos_open_workbooks", "Workbooks open in this process.", self._open_workbooks())
        counts = self._fetcher.counts
        yield _family("gridos_upstream_requests", "Requests sent to upstream services.", "plugin", counts.requests)
        yield _family("gridos_answers", "Connector calls that brought an outcome.", "plugin", counts.answers)
        yield _family("gridos_answer_errors", "Outcomes that were errors, by their text.", "error", counts.errors)


def _family(name: str, what: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def make_registry(fetcher: Fetcher, open_workbooks: Callable[[], int]) -> CollectorRegistry:
    """A registry of this server alone: two servers in one process (a test, say) do not share one."""
    registry = CollectorRegistry()
    registry.register(Counts(fetcher, open_workbooks))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry
