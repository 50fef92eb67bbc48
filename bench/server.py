"""The server under measurement: the real one, with the bench's stand-in for upstream. `python -m bench.server` runs it."""

from gridos.app.serving import serve
from gridos.settings import Settings

from bench.plugin import LIMITS, slug


class BenchSettings(Settings):
    """What an operator can set, and a stand-in for the bench plugins' upstream: `GRIDOS_UPSTREAM_BENCH_URL`."""

    upstream_bench_url: str = ""

    @property
    def upstreams(self) -> dict[str, str]:
        """The stand-ins, by plugin."""
        return {slug(at_once): self.upstream_bench_url for at_once in LIMITS if self.upstream_bench_url}


if __name__ == "__main__":
    serve(BenchSettings())
