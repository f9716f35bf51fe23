"""What straight-line code computes, as sums of things that are not known: enough to see where variables are kept.

Constants are added up, so that it does not matter how a compiler or an optimiser split an address. Of both arms of an
`if` the results are kept; loops are walked once, since only what they leave alone is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.heap import code as wasm
from analyzer.heap.errors import RootError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.heap.code import Code, FunctionType

MAX_STEPS = 2_000_000  # instructions of one function; the largest builder seen has some thousand
MAX_DEPTH = 1_000  # blocks within blocks
_MASK = (1 << 64) - 1
_ADD, _SUB, _MUL, _SHL = 0x7C, 0x7D, 0x7E, 0x86
_UNARY = frozenset((0x45, 0x50, 0x67, 0x68, 0x69, 0x79, 0x7A, 0x7B, *range(0x8B, 0x92), *range(0x99, 0xA0)))
_CONVERSIONS = range(0xA7, 0xC5)
_EMPTY = -64  # the type of a block without a result
_WORD = 64


class Sum(NamedTuple):
    """A constant plus terms, each times a factor. A term is a tuple: what it is, and what tells it from others."""

    constant: int
    terms: tuple[tuple[tuple[Any, ...], int], ...] = ()


def term(*what: Any) -> Sum:  # noqa: ANN401 - a term's parts
    """Return one term alone."""
    return Sum(0, ((what, 1),))


def constant(value: int) -> Sum:
    """Return a number, modulo 2^64."""
    return Sum(value & _MASK)


def loaded(address: Sum) -> Sum:
    """Return what is at an address."""
    return term("load", address)


def plus(one: Sum, other: Sum, factor: int = 1) -> Sum:
    """Return one + other * factor."""
    if not other.terms:
        return Sum((one.constant + other.constant * factor) & _MASK, one.terms)
    terms = dict(one.terms)
    for what, count in other.terms:
        terms[what] = terms.get(what, 0) + count * factor
    left = tuple(sorted(((w, c) for w, c in terms.items() if c), key=repr))
    return Sum((one.constant + other.constant * factor) & _MASK, left)


def either(one: Sum, other: Sum) -> Sum:
    """Return what is one of two."""
    if one == other:
        return one
    return term("either", frozenset((one, other)))


@dataclass(slots=True)
class Evaluation:
    """What a function computes.

    stored: by what `call` made, the values put at offsets of it. strange: what else it does.
    """

    result: Sum | None = None
    stored: dict[tuple[Any, ...], dict[int, Sum]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    """height: of the stack below it. results: how many. before: variables at its `if`. ends: of its first arm."""

    op: int
    height: int
    results: int
    before: list[Sum]
    dead: bool
    arm: tuple[list[Sum], list[Sum], bool] | None = None


class _Machine:
    def __init__(self, code: Code, function: int, call: Callable[[int, list[Sum]], Sum | None]) -> None:
        self.code = code
        self.call = call
        self.found = Evaluation()
        self.stack: list[Sum] = []
        self.blocks: list[_Block] = []
        self.dead = False
        self.made = 0
        parameters = len(code.types[function].parameters)
        self.locals = [term("local", i) if i < parameters else constant(0) for i in range(code.locals(function))]
        self.results = len(code.types[function].results)

    def unknown(self) -> Sum:
        self.made += 1
        return term("unknown", self.made)

    def pop(self) -> Sum:
        floor = self.blocks[-1].height if self.blocks else 0
        if len(self.stack) > floor:
            return self.stack.pop()
        if self.dead:
            return self.unknown()
        msg = "the code of the module does not fit together"
        raise RootError(msg)

    def shape(self, value: int) -> tuple[int, int]:
        """Return how many values a block takes and gives."""
        if value == _EMPTY:
            return 0, 0
        if value < 0:
            return 0, 1
        signature = self.code.signature(value)
        return len(signature.parameters), len(signature.results)

    def enter(self, op: int, value: int) -> None:
        if op == wasm.IF:
            self.pop()
        taken, given = self.shape(value)
        if len(self.blocks) >= MAX_DEPTH:
            msg = f"the code is nested deeper than {MAX_DEPTH:,} blocks"
            raise RootError(msg)
        height = max(0, len(self.stack) - taken)
        self.blocks.append(_Block(op, height, given, self.locals.copy() if op == wasm.IF else [], self.dead))

    def results_of(self, block: _Block) -> list[Sum]:
        results = [self.pop() for _ in range(block.results)][::-1]
        del self.stack[block.height :]
        return results

    def otherwise(self) -> None:
        block = self.blocks[-1]
        block.arm = (self.results_of(block), self.locals, self.dead)
        self.locals, self.dead = block.before.copy(), block.dead

    def leave(self) -> None:
        block = self.blocks[-1]
        results, dead = self.results_of(block), self.dead
        self.blocks.pop()
        if block.op == wasm.IF:
            arm = block.arm or (results, block.before, block.dead)
            if dead:
                results, self.locals = arm[0], arm[1]
            elif not arm[2]:
                results = [either(a, b) for a, b in zip(arm[0], results, strict=True)]
                self.locals = [either(a, b) for a, b in zip(arm[1], self.locals, strict=True)]
        self.dead = block.dead
        self.stack += results

    def called(self, signature: FunctionType, function: int | None) -> None:
        arguments = [self.pop() for _ in signature.parameters][::-1]
        result = self.call(function, arguments) if function is not None else None
        if not signature.results:
            self.found.strange.append("a call" if function is None else f"a call of function {function}")
        for _ in signature.results:
            self.stack.append(result if result is not None else self.unknown())

    def store(self, offset: int) -> None:
        value = self.pop()
        address = plus(self.pop(), constant(offset))
        if len(address.terms) == 1 and address.terms[0][1] == 1 and address.terms[0][0][0] == "new":
            self.found.stored.setdefault(address.terms[0][0], {})[address.constant] = value
        else:
            self.found.strange.append("a write")

    def arithmetic(self, op: int) -> None:
        if op in _UNARY or op in _CONVERSIONS:
            self.pop()
            self.stack.append(self.unknown())
            return
        right, left = self.pop(), self.pop()
        if op == _ADD:
            self.stack.append(plus(left, right))
        elif op == _SUB:
            self.stack.append(plus(left, right, -1))
        elif op == _SHL and not right.terms and right.constant < _WORD:
            self.stack.append(plus(constant(0), left, 1 << right.constant))
        elif op == _MUL and not (right.terms and left.terms):
            number, other = (right, left) if not right.terms else (left, right)
            self.stack.append(plus(constant(0), other, number.constant))
        else:
            self.stack.append(self.unknown())

    def run(self, function: int) -> Evaluation:
        for steps, (op, value) in enumerate(self.code.instructions(function)):
            if steps > MAX_STEPS:
                msg = f"a function has more than {MAX_STEPS:,} instructions"
                raise RootError(msg)
            if op == wasm.END and not self.blocks:
                break
            self.step(op, value)
        if self.results:
            self.found.result = self.pop()
        return self.found

    def step(self, op: int, value: int) -> None:  # noqa: C901, PLR0912 - one branch an instruction
        stack = self.stack
        if op in (wasm.I64_CONST, wasm.I32_CONST):
            stack.append(constant(value))
        elif op in (wasm.LOCAL_GET, wasm.LOCAL_SET, wasm.LOCAL_TEE):
            self.variable(op, value)
        elif wasm.FIRST_LOAD <= op <= wasm.LAST_LOAD:
            address = plus(self.pop(), constant(value))
            stack.append(loaded(address) if op == wasm.I64_LOAD else self.unknown())
        elif op == wasm.I64_STORE:
            self.store(value)
        elif wasm.FIRST_STORE <= op <= wasm.LAST_STORE:
            self.pop()
            self.pop()
            self.found.strange.append("a write")
        elif op == wasm.CALL:
            if value >= len(self.code.types):
                msg = "the module is damaged: a function is not there"
                raise RootError(msg)
            self.called(self.code.types[value], value)
        elif op == wasm.CALL_INDIRECT:
            self.pop()
            self.found.strange.append("a call")
            self.called(self.code.signature(value), None)
        elif op in (wasm.BLOCK, wasm.LOOP, wasm.IF):
            self.enter(op, value)
        elif op == wasm.ELSE:
            self.otherwise()
        elif op == wasm.END:
            self.leave()
        elif op in (wasm.BR, wasm.RETURN, wasm.UNREACHABLE, wasm.BR_TABLE):
            self.dead = True
        elif op in (wasm.BR_IF, wasm.DROP):
            self.pop()
        elif op in (wasm.SELECT, wasm.SELECT_TYPED):
            self.pop()
            stack.append(either(self.pop(), self.pop()))
        elif op == wasm.GLOBAL_SET:
            self.pop()
            self.found.strange.append("a global")
        elif op in (wasm.GLOBAL_GET, wasm.MEMORY_SIZE):
            stack.append(self.unknown())
        elif op == wasm.NOP:
            pass
        elif 0x45 <= op <= 0xC4:  # noqa: PLR2004 - comparisons, arithmetic and conversions
            self.arithmetic(op)
        elif op in (wasm.F32_CONST, wasm.F64_CONST):
            stack.append(self.unknown())
        else:
            msg = f"the code has an instruction {op:#04x} that is not followed here"
            raise RootError(msg)

    def variable(self, op: int, index: int) -> None:
        if index >= len(self.locals):
            msg = "the module is damaged: a variable of a function is not there"
            raise RootError(msg)
        if op == wasm.LOCAL_GET:
            self.stack.append(self.locals[index])
            return
        value = self.pop()
        self.locals[index] = value
        if op == wasm.LOCAL_TEE:
            self.stack.append(value)


def evaluate(code: Code, function: int, call: Callable[[int, list[Sum]], Sum | None]) -> Evaluation:
    """Return what a function computes. call: gives the result of a called function, None: not known.

    Raises RootError: the code is damaged, or beyond what is followed.
    """
    return _Machine(code, function, call).run(function)
