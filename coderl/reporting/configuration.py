"""With which settings and versions was a run made? Its own files, folded away."""

from __future__ import annotations

from pathlib import Path

from coderl.reporting.markup import Child, tag


def configuration(out: Path) -> list[Child]:
    """The settings and versions of a run; a sentence for each file that is not there."""
    config, versions = out / "config.yaml", out / "versions.json"
    parts: list[Child] = []
    for path, name in ((config, "The exact settings"), (versions, "Versions of the software")):
        if path.exists():
            text = path.read_text(encoding="utf-8").strip()
            parts.append(
                tag(
                    "details",
                    tag("summary", f"{name} ({path.name})"),
                    tag("pre", tag("code", text), tabindex=0, aria_label=path.name),
                )
            )
        else:
            parts.append(tag("p", f"There is no {path.name} in this run.", class_="quiet"))
    return parts
