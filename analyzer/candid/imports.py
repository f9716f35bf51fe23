"""A `.did` file together with what it imports, as candid_parser's `check_file` joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.build import Import, Member
from analyzer.candid.parse import finish, read_into
from analyzer.candid.types import CandidInterface, Kind, label_id
from analyzer.errors import SourceError
from analyzer.table import TypeTable
from analyzer.text import Sources, shortened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePath

    from analyzer.candid.build import Builder
    from analyzer.table import Span

MAX_FILES = 1000


def parse_file(
    path: PurePath, read: Callable[[PurePath], str], label: Callable[[PurePath], str] = str
) -> CandidInterface:
    """Read a file and, transitively, what it imports; all definitions share one name space.

    read: returns the text of a file or raises SourceError. label: what reports call a file. A path stands for itself:
    `..` is not resolved, so one file reached in two ways is read twice and its definitions collide, as with didc.
    Raises ParseError, SourceError.
    """
    interface = CandidInterface(TypeTable(), Sources())
    root = read_into(interface, read(path), label(path))
    files: dict[PurePath, Builder] = {}
    as_service: dict[PurePath, Import] = {}
    builders = [root]
    todo = [(path, imported) for imported in reversed(root.imports)]
    while todo:
        importer, imported = todo.pop()
        target = importer.parent / imported.path
        if imported.service:
            as_service.setdefault(target, imported)
        if target in files:
            continue
        if len(files) == MAX_FILES:
            interface.sources.fail(imported.span[0], f"more than {MAX_FILES} files are imported", "import")
        try:
            text = read(target)
        except SourceError as error:
            what = f'"{shortened(imported.path)}" cannot be imported: {error.what}'
            interface.sources.fail(imported.span[0], what, "import", hint="the path is relative to the importing file")
        builder = files[target] = read_into(interface, text, label(target))
        builders.append(builder)
        todo += [(target, further) for further in reversed(builder.imports)]
    for target, builder in files.items():
        if target not in as_service:
            builder.forget_main()
    extra = [(as_service[target], builder) for target, builder in files.items() if target in as_service]
    if extra:
        _join_services(interface, root, extra)
    finish(interface, builders, root)
    return interface


def _join_services(interface: CandidInterface, root: Builder, extra: list[tuple[Import, Builder]]) -> None:
    """Append the methods of `import service` files to the main service."""
    joined: list[Member] = []
    if root.main is None:
        init, span = None, root.base_span
        init_members: tuple[Span, ...] = ()
    else:
        node, init, init_members, span = root.main
        joined += _methods(interface, node, None)
    for imported, builder in extra:
        if builder.main is None:
            what = f'"{shortened(imported.path)}" has no service to import'
            interface.sources.fail(imported.span[0], what, "import", hint='import its types alone: `import "..."`')
        if builder.main[1] is not None:
            what = f'the service of "{shortened(imported.path)}" is constructed; such a service cannot be imported'
            interface.sources.fail(imported.span[0], what, "import", hint='import its types alone: `import "..."`')
        joined += _methods(interface, builder.main[0], imported)
    known: dict[int, Member] = {}
    for member in joined:
        other = known.setdefault(label_id(member.id), member)
        if other is not member:
            what = f'the methods "{shortened(other.id)}" and "{shortened(member.id)}" have the same id'
            interface.sources.fail(member.span[0], what, "duplicate-method", hint="one of them is imported; rename one")
    root.main = (root.service_of(joined, span), init, init_members, span)


def _methods(interface: CandidInterface, node: int, imported: Import | None) -> list[Member]:
    """Return the methods of a service, which may be a name that is defined in another file."""
    table = interface.table
    seen: set[int] = set()
    while table.kinds[node] == Kind.NAME and node not in seen:
        seen.add(node)
        name = table.labels[node][0]
        target = interface.definitions.get(name)
        if target is None:
            interface.sources.fail(table.spans[node][0], f'the type "{shortened(name)}" is not defined', "unbound")
        node = target
    if table.kinds[node] != Kind.SERVICE:
        at = imported.span[0] if imported else table.spans[node][0]
        interface.sources.fail(at, "this is not a service", "not-a-service")
    return [
        Member(name, name, child, span)
        for name, child, span in zip(table.labels[node], table.children[node], table.members[node], strict=True)
    ]
