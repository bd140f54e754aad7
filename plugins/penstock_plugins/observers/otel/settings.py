"""The environment variables of OpenTelemetry that penstock itself reads; the SDK reads the others."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

SIGNALS = ("TRACES", "METRICS", "LOGS")
PROTOCOL = "http/protobuf"


def check_environment() -> None:
    """Raise ValueError for an exporter or a protocol that penstock does not have."""
    for signal in SIGNALS:
        variable = f"OTEL_{signal}_EXPORTER"
        if (value := os.environ.get(variable) or "otlp") not in ("otlp", "none"):
            raise ValueError(f"{variable} must be otlp or none, got {value!r}")
    variables = ["OTEL_EXPORTER_OTLP_PROTOCOL", *(f"OTEL_EXPORTER_OTLP_{each}_PROTOCOL" for each in SIGNALS)]
    for variable in variables:
        if (value := os.environ.get(variable) or PROTOCOL) != PROTOCOL:
            raise ValueError(f"{variable} must be {PROTOCOL}, got {value!r}; collectors take it on port 4318")


def is_exported(signal: str) -> bool:
    """Return whether a signal is sent."""
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not is_disabled and os.environ.get(f"OTEL_{signal}_EXPORTER") != "none"


def has_service_name() -> bool:
    """Return whether the environment names the service."""
    attributes = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
    names = [each.partition("=")[0].strip() for each in attributes]
    return bool(os.environ.get("OTEL_SERVICE_NAME")) or "service.name" in names


def collector() -> str:
    """Return the collector for messages: no path and no user, which may hold a key."""
    variables = ["OTEL_EXPORTER_OTLP_ENDPOINT", *(f"OTEL_EXPORTER_OTLP_{each}_ENDPOINT" for each in SIGNALS)]
    given = [value for variable in variables if (value := os.environ.get(variable))]
    split = urlsplit(given[0] if given else "http://localhost:4318")
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
