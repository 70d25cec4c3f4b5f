"""What the series of a cut may be judged by, and which cuts each method can judge."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, Protocol

Method = Literal["surge", "burst", "weekly", "drift", "share", "batches", "novelty", "spatial"]


class Cut(Protocol):
    """What a demand is about (`sections.Cut`)."""

    @property
    def stream(self) -> str: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def where(self) -> Mapping[str, str]: ...
    @property
    def family(self) -> str | None: ...
    @property
    def methods(self) -> tuple[Method, ...]: ...


class Demand(NamedTuple):
    """What a method asks of a cut; the rule in words, and what is shown of a cut that breaks it."""

    met: Callable[[Cut], bool]
    rule: str
    shown: Callable[[Cut], object]


def _with_product(method: Method) -> Demand:
    """What is compared lies in one shard: neighbours, or the group that says what is new."""
    return Demand(
        lambda cut: cut.family in (None, "product"),
        f'family must be "product" or none with method "{method}"',
        lambda cut: repr(cut.family),
    )


DEMANDS: Final[Mapping[Method, tuple[Demand, ...]]] = {
    "spatial": (
        Demand(
            lambda cut: cut.by == ("region",) and not cut.family,
            'method "spatial" must go with region alone, without a family',
            lambda cut: f"{list(cut.by)}, family {cut.family}",
        ),
    ),
    "share": (
        Demand(
            lambda cut: len(cut.where) == 1,
            "methods: share needs where to fix one field",
            lambda cut: sorted(cut.where),
        ),
    ),
    "batches": (
        Demand(
            lambda cut: cut.stream == "complaints" and set(cut.by) == {"product", "batch"},
            'method "batches" must go with complaints by product and batch',
            lambda cut: f"{cut.stream} by {list(cut.by)}",
        ),
        _with_product("batches"),
    ),
    "novelty": (
        Demand(
            lambda cut: set(cut.by) - {"batch"} == {"product", "category"},
            'method "novelty" must go with product and category, or batch beside them',
            lambda cut: list(cut.by),
        ),
        _with_product("novelty"),
    ),
}


def unmet(cut: Cut) -> Iterator[str]:
    """What the methods of a cut ask of it that it is not."""
    for method in cut.methods:
        for demand in DEMANDS.get(method, ()):
            if not demand.met(cut):
                yield f"{demand.rule}, got {demand.shown(cut)}"
