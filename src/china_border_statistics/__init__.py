"""What China's National Immigration Administration announced, as time series.

Every figure is an authority's own claim, kept with the words it was printed in, the interval those words allow
and the day they were said. See ``load``, ``series``, ``cite`` and ``plot`` to begin.
"""

__version__ = "0.13.0"
__all__ = ["cite", "diff", "export", "load", "path", "plot", "releases", "series", "tables"]

_MODULES = {"export": "exports", "plot": "plots"}
"""Where a public name is defined, if not in ``reader``."""


def __getattr__(name: str) -> object:
    """Import what defines a name when it is first asked for, so that importing the package costs next to nothing."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"china_border_statistics.{_MODULES.get(name, 'reader')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
