"""docker-compose.yml and the manifests as their own tools read them, and programs of the tests' Python environment."""

import json
import pathlib
import sys

import yaml

from rig.gate import REPOSITORY
from rig.monitors import run


def tool(name) -> pathlib.Path:
    """A program that Tests/blackbox/requirements.txt brings."""
    path = pathlib.Path(sys.executable).parent / name
    assert path.exists(), f"{name} is missing: pip install -r Tests/blackbox/requirements.txt"
    return path


def compose() -> dict:
    """docker-compose.yml, checked and with all defaults written out."""
    return json.loads(
        run(tool("docker-compose"), "-f", REPOSITORY / "docker-compose.yml", "config", "--format", "json")
    )


def kustomized(folder) -> list:
    """The manifests that a kustomization makes."""
    text = run(tool("kubectl"), "kustomize", REPOSITORY / folder)
    return [document for document in yaml.safe_load_all(text) if document]
