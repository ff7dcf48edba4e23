"""What the package says of itself: the one definition, from ``pyproject.toml`` and, its version, ``__init__.py``."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION_FILE = "src/china_border_statistics/__init__.py"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


@dataclass(frozen=True)
class Metadata:
    """What the package says of itself, from ``pyproject.toml``."""

    name: str
    version: str
    title: str
    description: str
    homepage: str
    keywords: tuple[str, ...]
    contributor: str
    released: str
    licence: str
    licence_title: str
    licence_url: str

    def descriptor(self) -> dict[str, Any]:
        """What ``datapackage.json`` says of the package as a whole."""
        return {
            "$schema": PROFILE,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "version": self.version,
            "created": f"{self.released}T00:00:00Z",
            "homepage": self.homepage,
            "keywords": list(self.keywords),
            "licenses": [{"name": self.licence, "title": self.licence_title, "path": self.licence_url}],
            "contributors": [{"title": self.contributor, "roles": ["creator"]}],
        }

    def of_file(self) -> dict[str, str]:
        """What every Parquet file says of itself, by key; in the order of the keys, so that the bytes repeat."""
        return {"homepage": self.homepage, "licence": self.licence, "version": self.version}

    @classmethod
    def read(cls, root: Path) -> "Metadata":
        """Read it from the project's files: those of a checkout, which may be another than the package that runs."""
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        about, data = project["project"], project["tool"]["datapackage"]
        return cls(
            name=about["name"],
            version=stated_version(root),
            title=data["title"],
            description=about["description"],
            homepage=about["urls"]["Homepage"],
            keywords=tuple(about["keywords"]),
            contributor=about["authors"][0]["name"],
            released=data["released"].isoformat(),
            licence=data["data_licence"],
            licence_title=data["data_licence_title"],
            licence_url=data["data_licence_url"],
        )


def stated_version(root: Path) -> str:
    """The version that a checkout states, ``none`` where it states none."""
    stated = re.search(r'(?m)^__version__ = "(.*)"$', (root / VERSION_FILE).read_text("utf-8"))
    return stated[1] if stated else "none"
