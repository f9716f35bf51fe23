"""What others have to propose or call where who plans is no controller: the bytes, and the words that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some, encode
from analyzer.errors import SourceError
from analyzer.report.drawing import Drawing, plain
from migrator.backups.private import make_folder, write_file
from migrator.plan.proven import proven
from migrator.plan.text import plan_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from analyzer.candid.values import Value
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target

_WIDTH = 100
# SNS governance, `Action::UpgradeSnsControlledCanister` (governance.did of dfinity/ic), and the management canister's
# `install_code` (interface spec): recalled. Only what an upgrade says.
_TYPES = """
type upgrade_flags = record { skip_pre_upgrade : opt bool; wasm_memory_persistence : opt variant { keep; replace } };
service : {
  sns : (record {
    canister_id : opt principal; new_canister_wasm : vec nat8; mode : opt int32; canister_upgrade_arg : opt vec nat8;
  }) -> ();
  proxy : (record {
    canister_id : principal; wasm_module : vec nat8; arg : vec nat8;
    mode : variant { install; reinstall; upgrade : opt upgrade_flags };
  }) -> ();
}
"""
_UPGRADE = 3  # CanisterInstallMode of SNS governance


def write_bundle(saved: SavedPlan, path: Path, kind: str) -> Path:
    """Write a folder with what is to be proposed beside a plan; return it. kind: `sns`, `proxy`. Raises SourceError."""
    folder = path.with_suffix(f".{kind}")
    try:
        make_folder(folder)
        lines = ["# Proposal", "", saved.plan.message or "Upgrade.", ""]
        for target in saved.plan.targets:
            module, argument = saved.blobs[target.new.module], saved.blobs[target.new.argument]
            write_file(folder / f"{target.name}.wasm", module)
            write_file(folder / f"{target.name}.argument.bin", argument)
            write_file(folder / f"{target.name}.payload.bin", _payload(target, module, argument, kind))
            lines += _words(target, kind)
        text = plain(plan_lines(saved, proven(saved), path.name, Drawing(_WIDTH, ascii=True)))
        lines += ["", "## The plan, found again from its bytes", "", "```text", text.rstrip(), "```", ""]
        write_file(folder / "proposal.md", "\n".join(lines).encode())
    except OSError as error:
        msg = f"the proposal cannot be written: {error.strerror}"
        raise SourceError(msg, where=str(folder)) from None
    return folder


def _payload(target: Target, module: bytes, argument: bytes, kind: str) -> bytes:
    interface = parse_candid(_TYPES, "proposal")
    method = method_of(interface, kind)
    assert method is not None  # noqa: S101 - ours
    canister = Principal.parse(target.canister)
    value: dict[int | str, Value]
    if kind == "sns":
        value = {
            "canister_id": Some(canister),
            "new_canister_wasm": module,
            "mode": Some(_UPGRADE),
            "canister_upgrade_arg": Some(argument),
        }
    else:
        keep = Some(Case("keep", None)) if target.new.keep else None
        flags: Value = Some({"skip_pre_upgrade": None, "wasm_memory_persistence": keep})
        value = {"canister_id": canister, "wasm_module": module, "arg": argument, "mode": Case("upgrade", flags)}
    return encode(interface, method.arguments, [value])


def _words(target: Target, kind: str) -> Iterator[str]:
    yield f"## {target.name} ({target.canister})"
    yield ""
    yield f"- runs: module `{target.old.module_hash}`"
    yield f"- is to run: module `{target.new.module}`, {target.new.size:,} bytes, in `{target.name}.wasm`"
    yield f"- argument: `{target.name}.argument.bin`, SHA-256 `{target.new.argument}`"
    if kind == "sns":
        yield f"- `{target.name}.payload.bin`: the Candid of `UpgradeSnsControlledCanister`"
        if target.new.keep:
            yield "- **Its data are in main memory, which must not be replaced: check that the SNS passes that on.**"
    else:
        yield f"- `{target.name}.payload.bin`: the Candid of `install_code`, for the proxy's call to `aaaaa-aa`"
    yield ""
