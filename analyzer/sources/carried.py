"""A program with the migration that is suggested for it, and what the compiler makes of the two."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.compare.stable import compare_signatures
from analyzer.errors import CtxError
from analyzer.motoko.labels import label_key
from analyzer.motoko.parse import parse_stable
from analyzer.sources.compile import Program, compile_programs
from analyzer.sources.compiler import find
from analyzer.sources.disk import Disk
from analyzer.sources.files import decode
from analyzer.sources.overlay import Overlay
from analyzer.suggest.insert import Inserted, NoPlace, free_name, with_migration

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature
    from analyzer.sources.cache import Cache
    from analyzer.suggest.migration import Suggestion

_PROBE = "module { public func migration(_ : {}) : {} { {} } };\n"


class Edited(NamedTuple):
    """A program with a suggestion in it. path: of the migration. texts: all files that are new or changed.

    lines: what is added to the main file; none for a step of a chain, which is found by its folder.
    """

    program: Program
    path: PurePath
    texts: dict[PurePath, str]
    lines: tuple[str, ...]
    own: bool  # whether it is the user's program, and not a skeleton of what it keeps


class Proof(NamedTuple):
    """How far a suggestion is proven.

    compiled: None: there is no compiler. compiler: its name. accepted: by the relation, from what the old version left;
    None where it does not compile. codes: moc's, where it is refused. why: what is wrong.
    """

    compiled: bool | None
    compiler: str | None = None
    accepted: bool | None = None
    codes: tuple[str, ...] = ()
    why: str | None = None

    @property
    def proven(self) -> bool:
        """Whether it compiles and takes over what the old version left."""
        return bool(self.compiled and self.accepted)


def probed(program: Program) -> Program:
    """Return a program of a chain as it would be without one: the compiler then says what it keeps.

    With a chain that does not lead there yet it refuses the program.
    """
    folder = program.flags.migrations
    assert folder is not None  # noqa: S101 - asked of chains alone
    whole = program.folder / folder
    return program._replace(files=Overlay(program.files, {whole / "0.mo": _PROBE}, [whole]))


def edited(program: Program | None, suggestion: Suggestion, old: StableSignature, stamp: str) -> Edited:
    """Return a program with a suggestion.

    program: None: there is none, and it is compiled with a skeleton. stamp: of a step, e.g. `20260101_000000`.
    Raises CtxError: there is no place for it.
    """
    if program is None:
        return _skeleton(suggestion, old, stamp)
    if suggestion.form == "step":
        if program.flags.migrations is None:
            return _skeleton(suggestion, old, stamp)
        folder = program.folder / program.flags.migrations
        known = [p.stem for p in program.files.listed(folder)] if program.files.is_folder(folder) else []
        path = folder / f"{_label([*known, *(m.label for m in old.chain)], stamp)}.mo"
        texts, lines = {path: suggestion.module}, ()
        return Edited(program._replace(files=Overlay(program.files, texts)), path, texts, lines, own=True)
    text = decode(program.files.read(program.main), program.files.label(program.main))
    name = free_name(text)
    path = program.main.with_name(f"{name}.mo")
    number = 2
    while program.files.is_folder(path) is not None:
        path, number = program.main.with_name(f"{name}{number}.mo"), number + 1
    made: Inserted = with_migration(text, program.files.label(program.main), path.stem, suggestion.function)
    whole = {path: suggestion.module, program.main: made.text}
    return Edited(program._replace(files=Overlay(program.files, whole)), path, whole, made.lines, own=True)


def _label(known: list[str], stamp: str) -> str:
    """Return a label behind all that are known."""
    label = f"{stamp}_Suggested"
    last = max(known, key=label_key, default="")
    if label_key(label) > label_key(last):
        return label
    if not re.fullmatch(r"\w[\w.-]*", last):
        msg = f"the last migration is called {last!r}: a file behind it needs another kind of name"
        raise NoPlace(msg)
    return f"{last}_then"


def _skeleton(suggestion: Suggestion, old: StableSignature, stamp: str) -> Edited:
    from analyzer.sources.flags import Flags  # noqa: PLC0415 - most have a program

    main = PurePath("main.mo")
    if suggestion.form == "step":
        path = PurePath("migrations", f"{_label([m.label for m in old.chain], stamp)}.mo")
        lines: tuple[str, ...] = ()
        texts = {path: suggestion.module, main: suggestion.skeleton}
        flags = Flags(migrations=PurePath("migrations"))
    else:
        path, flags = PurePath("Migration.mo"), Flags()
        made = with_migration(suggestion.skeleton, str(main), path.stem, suggestion.function)
        texts, lines = {path: suggestion.module, main: made.text}, made.lines
    files = Overlay(Disk(), texts, [PurePath()])
    return Edited(Program(files, main, PurePath(), flags), path, texts, lines, own=False)


def proof(one: Edited, old: StableSignature, new: StableSignature, cache: Cache | None) -> Proof:
    """Compile a program with its migration, and ask whether it takes over what the old version left.

    Also that it keeps in the end what the new version does. What is wrong is told, never raised.
    """
    compiler = find(one.program.files.disk(one.program.folder))
    name = None if compiler is None else compiler.origin
    try:
        (made,) = compile_programs([one.program], cache)
        if made is None:
            return Proof(None)
        compiled = parse_stable(made.stable, f"{one.program.main} (compiled, .most)")
    except CtxError as error:
        return Proof(compiled=False, compiler=name, why=str(error))
    report = compare_signatures(old, compiled)
    codes = tuple(report.codes)
    if not report.compatible:
        return Proof(
            compiled=True,
            compiler=name,
            accepted=False,
            codes=codes,
            why="what the old version left does not fit the migration",
        )
    if not keep_the_same(compiled, new):
        return Proof(
            compiled=True, compiler=name, accepted=False, why="with the migration the program keeps something else"
        )
    return Proof(compiled=True, compiler=name, accepted=True)


def keep_the_same(one: StableSignature, other: StableSignature) -> bool:
    """Tell whether two versions keep the same variables, of equal types. Not where that is not found out."""
    from analyzer.motoko.relation import Relation  # noqa: PLC0415
    from analyzer.motoko.universe import Undecided, Universe  # noqa: PLC0415

    universe = Universe(one, other)
    relation = Relation(universe, stable=True)
    sides = [
        {f.name: f.node + shift for f in side.post} for side, shift in zip((one, other), universe.offsets, strict=True)
    ]
    try:
        return sides[0].keys() == sides[1].keys() and all(relation.equal(sides[0][n], sides[1][n]) for n in sides[0])
    except Undecided:
        return False
