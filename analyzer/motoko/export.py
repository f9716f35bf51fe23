"""Take over into a signature what was unfolded or computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.types import Binder

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature
    from analyzer.motoko.universe import Universe


def export(universe: Universe, signature: StableSignature) -> None:
    """Append to a signature's table and binders those that its own universe made since; numbers stay what they are."""
    table = signature.table
    for node in range(len(table), len(universe.kinds)):
        like = universe.origin[node]
        children = universe.children[node]
        if like == node:  # a parameter or the result of `and` or `or`: it stands where its parts stand
            members = tuple([table.spans[child] for child in children])
            span = members[0] if members else (0, 0)
        else:
            members, span = table.members[like], table.spans[like]
        table.add(universe.kinds[node], universe.labels[node], children, span, members)
    for number in range(len(signature.binders), len(universe.bodies)):
        count = len(universe.parameters[number])
        bounds, spans = list(universe.bounds[number]), ((0, 0),) * count
        signature.binders.append(Binder(universe.parameters[number], bounds, spans, (0, 0), universe.scoped[number]))
