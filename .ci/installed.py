"""Hold that the installed command works from an empty folder and uses nothing of the source tree.

Run by .ci/run, with the Python of an environment that has only the wheel: installed.py TREE EMPTY_FOLDER.
"""

import os
import subprocess
import sys
from pathlib import Path

CASES = [
    # file name, old, new, exit status
    ("api.did", "service : { get : () -> (nat) query }", "service : { get : () -> (nat) query; put : (nat) -> () }", 0),
    ("api.did", "service : { get : () -> (nat) query }", "service : { get : () -> (text) query }", 1),
    ("state.most", "actor { stable var count : Nat };", "actor { stable var count : Int; stable more : Text };", 0),
    ("state.most", "actor { stable var count : Nat };", "actor { stable var total : Nat };", 1),
    ("api.did", "service : {}", "service : {", 3),
]

# What reads the files that come with the package, and a word of what each prints.
PACKAGED = [
    (["explain", "S201"], "near miss"),
    (["rules", "--guide"], "The guide calls these changes safe"),
    (["demo", "v03_optional_field"], "refused by the runtime, v01_first goes on"),
    (["demo"], "all 15 records are there, as old clients read them"),
]

# Runs the command in this process and then tells where its modules came from.
TRACED = """
import sys
from ctxcheck.main import main
try:
    main(sys.argv[1:])
finally:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    print("loaded:", *(file for file in files if file), sep="\\n", file=sys.stderr)
"""


def called(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without anything that tells Python where to look."""
    return subprocess.run(
        command,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def main() -> None:
    """Run every case twice: by the installed script, and traced."""
    tree, empty = (Path(argument).resolve() for argument in sys.argv[1:])
    script = Path(sys.executable).with_name("ctxcheck")
    for number, (name, *texts, expected) in enumerate(CASES):
        paths = []
        for side, text in zip(("old", "new"), texts, strict=True):
            path = empty / str(number) / side / name
            path.parent.mkdir(parents=True)
            path.write_text(text, "utf-8")
            paths.append(str(path))
        for command in ([str(script)], [sys.executable, "-P", "-c", TRACED]):
            run = called([*command, "diff", *paths], empty)
            report = f"{command[0]} diff {' '.join(paths)}\n{run.stdout}{run.stderr}"
            if run.returncode != expected:
                sys.exit(f"expected exit status {expected}, got {run.returncode}: {report}")
            if f"{tree}{os.sep}" in run.stdout + run.stderr:
                sys.exit(f"the source tree was used: {report}")
    for arguments, says in PACKAGED:
        run = called([str(script), *arguments], empty)
        if run.returncode or says not in run.stdout:
            sys.exit(f"ctxcheck {' '.join(arguments)} does not say {says!r}: {run.stdout}{run.stderr}")
    print(f"{len(CASES)} comparisons by the installed command, with the documented exit statuses")


main()
