"""The Prometheus text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from collections.abc import Iterable, Mapping

from quillroom.core.meters import Histogram

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def gauge(name: str, help: str, value: float, **labels: str) -> list[str]:
    """One number that goes up and down."""
    return [*_head(name, help, "gauge"), _sample(name, labels, value)]


def gauges(name: str, help: str, values: Iterable[tuple[Mapping[str, str], float]]) -> list[str]:
    """Numbers that go up and down, each with its labels."""
    return [*_head(name, help, "gauge"), *(_sample(name, labels, value) for labels, value in values)]


def counter(name: str, help: str, value: float) -> list[str]:
    """One number that only grows."""
    return [*_head(name, help, "counter"), _sample(name, {}, value)]


def counters(name: str, help: str, label: str, values: Mapping[str, float] | Mapping[int, float]) -> list[str]:
    """Numbers that only grow, by label."""
    return [*_head(name, help, "counter"), *(_sample(name, {label: str(key)}, value) for key, value in values.items())]


def counters_by(name: str, help: str, values: Iterable[tuple[Mapping[str, str], float]]) -> list[str]:
    """Numbers that only grow, each with its labels."""
    return [*_head(name, help, "counter"), *(_sample(name, labels, value) for labels, value in values)]


def histogram(name: str, help: str, measured: Histogram) -> list[str]:
    """Buckets, sum and count."""
    sums = measured.cumulative()
    bounds = [*map(_number, measured.bounds), "+Inf"]
    lines = _head(name, help, "histogram")
    lines += [_sample(f"{name}_bucket", {"le": bound}, count) for bound, count in zip(bounds, sums, strict=True)]
    return [*lines, _sample(f"{name}_sum", {}, measured.total), _sample(f"{name}_count", {}, sums[-1])]


def _head(name: str, help: str, kind: str) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{said}}} {_number(value)}" if said else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
