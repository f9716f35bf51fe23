"""What differs between what a plan was made for and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.model import RULES_VERSION
from migrator.plan.settings import settings_text

if TYPE_CHECKING:
    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus
    from migrator.operations import CanisterOperations
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target


def differences(saved: SavedPlan, target: Target, certified: CertifiedCanister, status: CanisterStatus) -> list[str]:
    """Return what differs, in words. The canister's version is no difference: each call counts it up."""
    old, found = target.old, []
    module = "none" if certified.module_hash is None else certified.module_hash.hex()
    if module != old.module_hash:
        found.append(f"the module ({old.module_hash[:12]} then, {module[:12]} now)")
    elif certified.installed != old.installed:
        found.append("when it was installed (the same module, once more)")
    controllers = tuple(sorted(str(Principal(one)) for one in certified.controllers))
    if controllers != old.controllers:
        gone, new = set(old.controllers) - set(controllers), set(controllers) - set(old.controllers)
        words = [f"{word} {', '.join(sorted(some))}" for word, some in (("without", gone), ("with", new)) if some]
        found.append(f"the controllers ({', '.join(words)})")
    settings = settings_text(status.settings)
    for name in sorted(set(settings) | set(old.settings)):
        before, now = old.settings.get(name, "unknown"), settings.get(name, "unknown")
        if before != now:
            found.append(f"the setting {name} ({before[:40]} then, {now[:40]} now)")
    for name, section in sorted(old.sections.items()):
        content = certified.sections.get(name)
        if section.origin == "certified" and content != saved.blobs[section.content]:
            found.append(f"the section {name}")
    return found


def of_network(saved: SavedPlan, operations: CanisterOperations) -> list[str]:
    """Return what differs of the network, and of who asks, in words."""
    found = []
    if operations.root_key.hex() != saved.plan.network.root_key:
        found.append("the network: it has another root key")
    if saved.plan.network.local and not operations.is_local:
        found.append("where it is: the plan is for a network on this machine")
    sender = str(Principal(operations.sender))
    if sender != saved.plan.sender:
        found.append(f"who runs it ({saved.plan.sender} then, {sender} now)")
    if saved.plan.rules != RULES_VERSION:
        found.append(f"the rules ({saved.plan.rules} then, {RULES_VERSION} now)")
    return found
