"""What the Motoko compiler makes of a program: its Candid text and its stable signature.

A program is compiled in a folder of its own that holds exactly the files that were read for it: what is kept for the
next time is then kept under what it was made from.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.compiler import Compiler, find, node
from analyzer.sources.flags import Flags
from analyzer.sources.imports import Closure, Known, closure, normal
from analyzer.sources.packages import Packages, named_by, nearest, packages
from analyzer.sources.trust import is_trusted
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.sources.arguments import Files
    from analyzer.sources.cache import Cache

SECONDS = 180  # for one program
_SCRIPT = Path(__file__).parent / "moc" / "compile.mjs"
# As dfx has a Motoko canister compiled: anyone may ask for the interface, only controllers for the stable signature.
_PUBLIC = ("--public-metadata", "candid:service", "--public-metadata", "candid:args")
_SHOWN = 600  # characters of what the compiler says
_MESSAGE = re.compile(r"^(.+?):(\d+)\.(\d+)(?:-\d+\.\d+)?: (.*)$", re.MULTILINE)


class Program(NamedTuple):
    """A program to compile. main: its first file. folder: of the project, among the same files; flags start there.

    packtool: the command that names the project's packages. run: whether it may be run.
    """

    files: Files
    main: PurePath
    folder: PurePath
    flags: Flags = Flags()
    packtool: str | None = None
    run: bool = False


class Compiled(NamedTuple):
    """The texts that the compiler wrote."""

    candid: str
    stable: str


class _Job(NamedTuple):
    """A program with all that goes into its result. labels: how reports call a file, by its place in the folder.

    root, out: where it is compiled, and the path of what is written, without its suffix.
    """

    program: Program
    compiler: Compiler
    packages: Packages
    parts: Closure
    base: str
    labels: dict[str, str]
    root: Path
    out: Path

    def place(self, path: PurePath) -> str:
        """Return where a file of the program is in the folder that it is compiled in."""
        return os.path.relpath(_whole(self.program.files, path), self.base)


def compile_programs(programs: Sequence[Program], cache: Cache | None = None) -> list[Compiled | None]:
    """Return what the compiler makes of programs, in their order; None of one for which there is no compiler.

    cache: of what it made before. Raises SourceError: packages that are missing, or a program with faults; of several,
    that of the first.
    """
    with tempfile.TemporaryDirectory(prefix="ctxcheck-") as folder:  # its owner's alone
        known: dict[int, Known] = {}
        jobs = [
            _job(program, Path(folder, str(number)), known.setdefault(id(program.files), {}))
            for number, program in enumerate(programs)
        ]
        keys = [None if job is None else _key(job) for job in jobs]
        made: dict[bytes, Compiled | SourceError] = {}
        for key in keys:
            kept = None if cache is None or key is None else cache.store.get(key)
            if key is not None and kept is not None:
                candid, _, stable = kept.decode().partition("\0")
                made[key] = Compiled(candid, stable)
        left = {
            key: job
            for key, job in zip(keys, jobs, strict=True)
            if key is not None and job is not None and key not in made
        }
        made |= zip(left, _compiled(list(left.values())), strict=True)
        found: list[Compiled | None] = []
        for key in keys:
            if key is None:
                found.append(None)
                continue
            one = made[key]
            if isinstance(one, SourceError):
                raise one
            if cache is not None and key in left:
                cache.store.put(key, f"{one.candid}\0{one.stable}".encode())
            found.append(one)
        return found


def compile_module(program: Program) -> tuple[bytes, Compiler] | None:
    """Return the module of a program, with its project's flags and public interface, and what compiled it.

    None: there is no compiler. Raises SourceError: packages that are missing, or a program with faults.
    """
    words = (*program.flags.words, *program.flags.code, *_PUBLIC)
    program = program._replace(flags=program.flags._replace(words=words))
    with tempfile.TemporaryDirectory(prefix="ctxcheck-") as folder:
        job = _job(program, Path(folder), {})
        if job is None:
            return None
        (made,) = _compiled([job], module=True)
        if isinstance(made, SourceError):
            raise made
        return job.out.with_suffix(".wasm").read_bytes(), job.compiler


def _job(program: Program, folder: Path, known: Known) -> _Job | None:
    """Return a program with its files and packages; None where there is no compiler. Raises SourceError."""
    compiler = find(program.files.disk(program.folder))
    if compiler is None:
        return None
    asked = _asked(program)
    asked.own.update({name: normal(program.folder / path) for name, path in program.flags.packages})
    parts = _parts(program, asked, known)
    _refuse_missing(program, asked, parts, compiler)
    taken = [place for place in asked.own.values() if any(path.is_relative_to(place) for path in parts.own)]
    asked = asked._replace(own={name: place for name, place in asked.own.items() if place in taken})
    everything = [_whole(program.files, path) for path in (*parts.own, program.folder)]
    base = os.path.commonpath([os.path.dirname(path) for path in everything[:-1]] + everything[-1:])  # noqa: PTH120
    labels = {os.path.relpath(_whole(program.files, path), base): program.files.label(path) for path in parts.own}
    return _Job(program, compiler, asked, parts, base, labels, folder / "program", folder / "out")


def _whole(files: Files, path: PurePath) -> str:
    """Return a path that starts at the root: of the disk, or of the revision's tree."""
    return os.path.normpath(os.path.join(os.getcwd() if files.top is None else "/", path))  # noqa: PTH109, PTH118


def parts_of(program: Program, known: Known | None = None) -> Closure:
    """Return the files that a program is made of. known: as `closure` takes it. Raises SourceError."""
    return _parts(program, _asked(program), known)


def _parts(program: Program, asked: Packages, known: Known | None) -> Closure:
    known = {} if known is None else known
    parts = closure(program.files, program.main, asked.installed, asked.own, known)
    if program.flags.migrations is not None:
        folder = program.folder / program.flags.migrations
        if not program.files.is_folder(folder):
            msg = "there is no such folder of migrations"
            raise SourceError(msg, where=program.files.label(folder))
        for path in program.files.listed(folder):
            if path.suffix == ".mo":
                more = closure(program.files, path, asked.installed, asked.own, known)
                parts.own.update(more.own)
                parts.packages.update(more.packages)
    return parts


def _asked(program: Program) -> Packages:
    """Return the packages of a program; a project's own command is run for its working files alone, where it may be."""
    folder = program.files.disk(program.folder)
    if program.packtool is not None and program.files.kind == "file" and (program.run or is_trusted(folder)):
        return named_by(program.packtool, folder)
    return packages(program.files, nearest(program.files, program.folder, "mops.toml"))


def _refuse_missing(program: Program, asked: Packages, parts: Closure, compiler: Compiler) -> None:
    """Raise SourceError where a package is imported that is not installed as the project asks for it."""
    used = {
        text.removeprefix("mo:").partition("/")[0]
        for part in (*parts.own.values(), *parts.packages.values())
        for text in part.imports
        if text.startswith("mo:") and text.isascii()  # `mo:⛔` is the compiler's own
    }
    lacking = sorted(used - {*asked.installed, *asked.own, *(["core"] if compiler.kind == "npm" else [])})
    if not lacking:
        return
    versions = dict(words.split(" ", 1) for words in asked.missing)
    named = ", ".join(f"{name} {versions[name]}" if name in versions else name for name in lacking[:10])
    hint = "`mops install`; an older revision may ask for other versions than the project does now"
    if program.packtool not in (None, "mops sources") and not program.run:
        hint = f"the project has a command for that, `{program.packtool}`: `--run-project-commands` runs it"
    msg = f"it takes packages that are not installed: {named}"
    raise SourceError(msg, where=program.files.label(program.main), hint=hint)


def _key(job: _Job) -> bytes:
    """Return a digest of all that the result follows from."""
    compiler = job.compiler
    try:
        status = (compiler.path / "package.json" if compiler.kind == "npm" else compiler.path).stat()
        stamp = f"{status.st_size}:{status.st_mtime_ns}"
    except OSError:
        stamp = os.urandom(8).hex()
    words = [compiler.kind, str(compiler.path), stamp, _SCRIPT.read_text("utf-8"), *job.program.flags.words]
    words += [str(job.program.flags.migrations), job.place(job.program.main), job.place(job.program.folder)]
    words += [f"{job.place(path)}={part.sha256}" for path, part in sorted(job.parts.own.items())]
    words += [f"{path}={part.sha256}" for path, part in sorted(job.parts.packages.items())]
    words += [f"{name}={path}" for name, path in sorted(job.packages.installed.items())]
    words += [f"{name}={job.place(path)}" for name, path in sorted(job.packages.own.items())]
    sha = sha256(b"compiled/1")
    for word in words:
        data = word.encode("utf-8", "surrogatepass")
        sha.update(b"%d:" % len(data) + data)
    return sha.digest()


def _compiled(jobs: list[_Job], *, module: bool = False) -> list[Compiled | SourceError]:
    """Return what becomes of each job, as many at a time as there are processors. module: its module is wanted too.

    The npm compiler takes long to warm up: one process of it compiles its share of the programs, one after the other.
    """
    if not jobs:
        return []
    for job in jobs:
        for path, part in job.parts.own.items():
            target = job.root / job.place(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(part.data)
        (job.root / job.place(job.program.folder)).mkdir(parents=True, exist_ok=True)
    many = os.cpu_count() or 1
    shares: list[list[int]] = []
    together: dict[object, list[int]] = {}
    for number, job in enumerate(jobs):
        if job.compiler.kind == "npm":
            # Flags hold for a whole process.
            together.setdefault((job.compiler, job.program.flags.words, job.program.flags.migrations), []).append(
                number
            )
        else:
            shares.append([number])
    for numbers in together.values():
        shares += [share for start in range(many) if (share := numbers[start::many])]
    found: dict[int, Compiled | SourceError] = {}
    with ThreadPoolExecutor(max_workers=many) as pool:
        for share, results in zip(
            shares, pool.map(lambda share: _share([jobs[n] for n in share], module=module), shares), strict=True
        ):
            found |= zip(share, results, strict=True)
    return [found[number] for number in range(len(jobs))]


def _share(jobs: list[_Job], *, module: bool) -> list[Compiled | SourceError]:
    """Return what becomes of the jobs of one process."""
    try:
        done = _run(jobs, module=module)
    except SourceError as error:
        return [error] * len(jobs)
    return [_result(job, done) for job in jobs]


def _result(job: _Job, done: subprocess.CompletedProcess[str]) -> Compiled | SourceError:
    try:
        return Compiled(*(job.out.with_suffix(suffix).read_text("utf-8") for suffix in (".did", ".most")))
    except (OSError, UnicodeDecodeError):
        return _refused(job, done)


def _for_npm(job: _Job, *, module: bool) -> dict[str, object]:
    """Return what compile.mjs reads. It is given every file, since the compiler there has a file system of its own."""
    taken: dict[str, dict[str, object]] = {}
    for name, folder in job.packages.installed.items():
        files = [os.path.relpath(path, folder) for path in job.parts.packages if path.is_relative_to(folder)]
        if files:
            taken[name] = {"folder": str(folder.absolute()), "files": files}
    for name, place in job.packages.own.items():
        taken[name] = {"at": job.place(place)}
    flags = [*job.program.flags.words]
    if job.program.flags.migrations is not None:
        flags += ["--enhanced-migration", job.place(job.program.folder / job.program.flags.migrations)]
    return {
        "root": str(job.root),
        "main": job.place(job.program.main),
        "files": [path for path in job.labels if path.endswith(".mo")],
        "packages": taken,
        "flags": flags,
        "out": str(job.out),
        "module": module,
    }


def _run(jobs: list[_Job], *, module: bool) -> subprocess.CompletedProcess[str]:
    """Run one process for some jobs: of the npm compiler several, of another one."""
    job = jobs[0]
    program, compiler, asked = job.program, job.compiler, ""
    folder = job.root / job.place(program.folder)
    if compiler.kind == "npm":
        command = [node() or "node", str(_SCRIPT), str(compiler.path)]
        asked = json.dumps([_for_npm(one, module=module) for one in jobs])
    else:
        command = [str(compiler.path)]
        for name, path in job.packages.installed.items():
            command += ["--package", name, str(path.absolute())]
        for name, place in job.packages.own.items():
            command += ["--package", name, os.path.relpath(job.place(place), job.place(program.folder))]
        command += program.flags.words
        if program.flags.migrations is not None:
            command += ["--enhanced-migration", str(program.flags.migrations)]
        main = os.path.relpath(job.place(program.main), job.place(program.folder))
        command += ["--idl", "--stable-types", "-o", f"{job.out}.wasm", main]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            input=asked,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS * len(jobs),
            check=False,
        )
    except OSError as error:
        msg = f"the compiler cannot be run: {error.strerror}"
        raise SourceError(msg, where=command[0]) from None
    except subprocess.TimeoutExpired:
        msg = f"the compiler did not end within {SECONDS * len(jobs)} s"
        raise SourceError(msg, where=program.files.label(program.main)) from None


def _refused(job: _Job, done: subprocess.CompletedProcess[str]) -> SourceError:
    main = job.program.files.label(job.program.main)
    errors = job.out.with_suffix(".json")
    if errors.exists():
        first, *others = json.loads(errors.read_text("utf-8"))
        place, line, column = first["file"], first["line"], first["column"]
        where = f"{job.labels.get(os.path.normpath(place), place)}:{line}:{column}" if line else main
        what, more = f"{first['message']} [{first['code']}]", len(others)
    else:
        said = done.stderr.strip() or done.stdout.strip() or f"it ended with status {done.returncode}"
        found = _MESSAGE.findall(said)
        where, more = main, max(0, len(found) - 1)
        what = (found[0][3] if found else said)[:_SHOWN]
        if found:
            place, line, column, _ = found[0]
            place = os.path.normpath(os.path.join(job.place(job.program.folder), place))  # noqa: PTH118
            where = f"{job.labels.get(place, place)}:{line}:{column}"
    rest = f" (and {more} more)" if more else ""
    hint = f"compiled with {job.compiler.origin}; where packages are missing: `mops install`"
    return SourceError(f"it does not compile: {' '.join(what.split())}{rest}", where=where, hint=hint)
