"""Check the stopped canister: module, sections, settings, memory. Nobody has written to it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.sources.wasm import read_module
from migrator.failures import StepFailed
from migrator.plan.settings import settings_text
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target

_HINT = "`ctxcheck verify`; the snapshot is put back"


class VerifyStopped(Plain):
    """What is certified is what the plan says, and no memory is missing."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["check module, sections, settings and memory", f"icp canister status {target.canister}"]

    def run(self, at: Context) -> None:
        """Check. Raises StepFailed."""
        certified, status, old = at.certified(), at.status(), at.target.old
        wrong = []
        if certified.module_hash != at.new_hash:
            wrong.append("another module is there")
        if status.status != "stopped":
            wrong.append(f"it is {status.status}")
        if tuple(sorted(str(Principal(one)) for one in certified.controllers)) != old.controllers:
            wrong.append("the controllers changed")
        if settings_text(status.settings) != old.settings:
            wrong.append("the settings changed")
        shown = read_module(at.blob(at.target.new.module), "the plan's module").metadata
        for name, content in certified.sections.items():
            if shown.get(name) != content:
                wrong.append(f"the section {name} is not that of the plan's module")
        if status.stable_memory_size < at.facts["stable_before"]:
            wrong.append("the stable memory is smaller than before")
        if at.target.new.keep and not status.wasm_memory_size:
            wrong.append("the main memory is empty")
        if wrong:
            msg = f"after the upgrade of {at.target.name}: {'; '.join(wrong)}"
            raise StepFailed(msg, hint=_HINT)
        at.fact(version_installed=status.version)


STEP = VerifyStopped()
