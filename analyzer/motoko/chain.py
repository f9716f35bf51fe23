"""Migrations: what a step is, whether a chain fits together (M0253), and what a version takes over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.motoko.export import export
from analyzer.motoko.labels import label_key
from analyzer.motoko.relation import Relation
from analyzer.motoko.types import Kind, Migration, StableField
from analyzer.text import shortened

if TYPE_CHECKING:
    from analyzer.motoko.build import RawMigration
    from analyzer.motoko.check import Checks
    from analyzer.motoko.types import StableSignature
    from analyzer.motoko.universe import Universe


def read_chain(
    signature: StableSignature, universe: Universe, checks: Checks, raw: list[RawMigration]
) -> list[Migration]:
    """Return the steps by label. Raises ParseError for a type that is no migration, and for a label met twice."""
    known: dict[str, Migration] = {}
    for migration in raw:
        if migration.label in known:
            what = f'the migration "{shortened(migration.label)}" is there twice'
            signature.sources.fail(migration.span[0], what, "M0018")
        known[migration.label] = _read(signature, universe, checks, migration)
    export(universe, signature)
    return [known[label] for label in sorted(known, key=label_key)]


def _read(signature: StableSignature, universe: Universe, checks: Checks, raw: RawMigration) -> Migration:
    head = universe.expand(raw.node)
    labels, children = universe.labels[head], universe.children[head]
    expected = "a migration is a function from a record to a record"
    if universe.kinds[head] != Kind.FUNC or labels[0] != "local" or labels[3] or labels[4] != 1 or len(children) != 2:  # noqa: PLR2004
        signature.sources.fail(raw.span[0], f'{expected}; "{shortened(raw.label)}" is not', "M0253")
    sides = []
    for node in children:
        record = universe.expand(node)
        if universe.kinds[record] != Kind.OBJECT or universe.labels[record][0] != "object":
            signature.sources.fail(raw.span[0], f'{expected}; "{shortened(raw.label)}" is not', "M0253")
        fields = [
            _field(universe, name, child, raw)
            for name, child in zip(universe.labels[record][1:], universe.children[record], strict=True)
            if universe.kinds[child] != Kind.TYPE  # moc looks at values alone
        ]
        for field in fields:
            if not checks.serializable(field.node, mutable=True):
                what = f'the field "{shortened(field.name)}" of the migration "{shortened(raw.label)}" is not stable'
                signature.sources.fail(raw.span[0], what, "M0253")
        sides.append(tuple(fields))
    return Migration(raw.label, sides[0], sides[1], raw.span)


def _field(universe: Universe, name: str, node: int, raw: RawMigration) -> StableField:
    mutable = universe.kinds[node] == Kind.VAR
    return StableField(name, universe.children[node][0] if mutable else node, mutable, required=True, span=raw.span)


def check_chain(signature: StableSignature, universe: Universe) -> None:
    """Raise ParseError unless each step produces what the next one, or the actor, takes over."""
    if not signature.chain:
        signature.sources.fail(signature.span[0], "the chain of migrations is empty", "M0253")
    relation = Relation(universe, stable=True)
    have = {field.name: field.node for field in signature.post}
    for migration in reversed(signature.chain):
        produced = {field.name for field in migration.range}
        for field in migration.range:
            if field.name not in have:
                _inconsistent(signature, migration, f'it produces "{shortened(field.name)}", which nothing takes over')
            if not relation.official(field.node, have[field.name]):
                what = f'what it produces as "{shortened(field.name)}" is taken over as another type'
                _inconsistent(signature, migration, what)
        for field in migration.domain:
            if field.name in have and field.name not in produced:
                _inconsistent(signature, migration, f'it consumes "{shortened(field.name)}", which is needed after it')
        for field in migration.range:
            del have[field.name]
        have.update({field.name: field.node for field in migration.domain})


def _inconsistent(signature: StableSignature, migration: Migration, why: str) -> None:
    what = f'the chain breaks at the migration "{shortened(migration.label)}": {why}'
    signature.sources.fail(migration.span[0], what, "M0253")


def takes_over(new: StableSignature, old: StableSignature) -> list[StableField]:
    """Return what `new` takes over from a program that left what `old` says, by name.

    Of a chain, the steps behind the last one that the old program already has; all of them where it has none of it.
    """
    if new.form == "prepost":
        return new.before
    fields = {field.name: replace(field, required=False) for field in new.post}
    if new.form != "chain":
        return [fields[name] for name in sorted(fields)]
    done = old.chain[-1].label if old.chain else None
    required = False
    for migration in reversed(new.chain):
        if migration.label == done:
            break
        required = True
        for field in (*migration.domain, *migration.range):
            fields.pop(field.name, None)
        fields.update({field.name: field for field in migration.domain})
    return [replace(fields[name], required=required) for name in sorted(fields)]
