"""What China's National Immigration Administration announced, as time series.

Every figure is an authority's own claim, kept with the words it was printed in, the interval those words allow
and the day they were said. See ``load``, ``series``, ``cite`` and ``plot`` to begin.
"""

__version__ = "0.3.0"
__all__ = ["cite", "diff", "load", "path", "plot", "releases", "series", "tables"]
_PLOTS = ("plot",)


def __getattr__(name: str) -> object:
    """Import the reader when it is first asked for, so that importing the package costs next to nothing."""
    if name in _PLOTS:
        from china_border_statistics import plots

        return getattr(plots, name)
    if name in __all__:
        from china_border_statistics import reader

        return getattr(reader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
