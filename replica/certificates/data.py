"""The certificate that a canister reads in a query, and hands on. Interface spec, "Certified data"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.candid.principal import Principal
    from replica.certificates.authority import Authority


def data_certificate(authority: Authority, canister: Principal, data: bytes, *, time: int) -> bytes:
    """Return what `ic0.data_certificate_copy` gives a canister. data: at most 32 bytes. time: ns since 1970.

    It costs a signature: make it when the canister asks for its size, not before each query.
    """
    return authority.issue({b"canister": {canister.raw: {b"certified_data": data}}}, time=time)
