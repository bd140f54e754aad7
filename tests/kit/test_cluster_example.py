"""The manifest in examples/cluster agrees with itself."""

from __future__ import annotations

from pathlib import Path

import yaml

CLUSTER = Path(__file__).parents[2] / "examples" / "cluster"


def test_the_manifest_uses_one_image_and_its_own_scheduler():
    cluster, job = yaml.safe_load_all((CLUSTER / "kubernetes.yaml").read_text())
    name, parts = cluster["metadata"]["name"], cluster["spec"]
    specs = [parts["worker"]["spec"], parts["scheduler"]["spec"], job["spec"]["template"]["spec"]]
    worker, scheduler, run = (spec["containers"][0] for spec in specs)
    assert worker["image"] == scheduler["image"] == run["image"]
    assert worker["image"] in (CLUSTER / "Dockerfile").read_text()
    # The operator of dask-kubernetes names the service after the cluster.
    assert run["command"][-2:] == ["--workers", f"tcp://{name}-scheduler:8786"]
    assert parts["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == name
    (rule, _) = job["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == run["name"]
    assert run["volumeMounts"][0]["name"] == specs[2]["volumes"][0]["name"]
