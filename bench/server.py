"""The server under measurement: the real one, beside the bench's upstream. `python -m bench.server` runs it."""

from bench.plugin import LIMITS, slug
from gridos.app.serving import serve
from gridos.settings import Settings


class BenchSettings(Settings):
    """What an operator can set, and a stand-in for the bench plugins' upstream: `GRIDOS_UPSTREAM_BENCH_URL`."""

    upstream_bench_url: str = ""

    @property
    def upstreams(self) -> dict[str, str]:
        """The stand-ins, by plugin."""
        return {slug(at_once): self.upstream_bench_url for at_once in LIMITS if self.upstream_bench_url}


if __name__ == "__main__":
    serve(BenchSettings())
