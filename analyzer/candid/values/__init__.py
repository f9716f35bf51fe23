"""Candid values: their binary form at given types (Candid spec, "Binary Format"), and their text form ("Values").

How a value is held, by its type:

nat, int, nat8 ... int64    int
float32, float64            float
bool, text                  bool, str
null                        None
reserved                    RESERVED
opt t                       None, or Some(value): `opt opt nat` has three kinds of values
vec t                       list; vec nat8: bytes
record                      dict, keyed by a field's name where the type names it, else by its id
variant                     Case(label, value), label as in a record
principal                   Principal
func, service               FuncRef(principal, method), ServiceRef(principal)

Types are nodes of an interface's table, as `analyzer.candid.methods.method_of` gives them.
"""

from analyzer.candid.principal import Principal
from analyzer.candid.values.decode import Untyped, decode, decode_untyped
from analyzer.candid.values.encode import encode
from analyzer.candid.values.errors import DecodeError, EncodeError
from analyzer.candid.values.model import RESERVED, Case, FuncRef, Reserved, ServiceRef, Some, Value

__all__ = [
    "RESERVED",
    "Case",
    "DecodeError",
    "EncodeError",
    "FuncRef",
    "Principal",
    "Reserved",
    "ServiceRef",
    "Some",
    "Untyped",
    "Value",
    "decode",
    "decode_untyped",
    "encode",
]
