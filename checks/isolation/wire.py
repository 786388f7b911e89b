"""Evidence as JSON, and back by the types that it was declared with.

A worker has read a stranger's mail. What it answers is built here from JSON and only into the declared types; nothing
in it can name code, as a pickle can.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints


class WireError(ValueError):
    """The answer is not of the declared type."""


def encode(value: object) -> bytes:
    """Frozen dataclasses, enumerations, tuples, mappings, octets, times and the types of JSON. TypeError for others."""
    return json.dumps(_plain(value)).encode()


def decode(kind: Any, data: bytes) -> Any:
    """The value of type `kind` that was encoded. Raises WireError."""
    try:
        return _read(kind, json.loads(data), {})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f"no {getattr(kind, '__name__', kind)}: {type(error).__name__}") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            "": type(value).__name__,
            **{field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)},
        }
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return value.decode("latin-1")
        case datetime():
            return value.isoformat()
        case Mapping():
            return [[_plain(k), _plain(v)] for k, v in value.items()]
        case tuple() | list() | frozenset():
            return [_plain(v) for v in value]
    raise TypeError(f"{type(value).__name__} is no plain data")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any, bound: Mapping[Any, Any]) -> Any:
    """`bound`: what the type variables of a generic dataclass stand for."""
    if isinstance(kind, TypeVar):
        kind = bound[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, data, bound)
    if origin is Literal:
        if any(data == one and type(data) is type(one) for one in arguments):
            return data
        raise WireError("not one of the words")
    if dataclasses.is_dataclass(origin or kind):
        return _dataclass(kind, data, bound)
    if origin in (tuple, list, frozenset):
        return _sequence(origin, arguments, data, bound)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_read(arguments[0], k, bound): _read(arguments[1], v, bound) for k, v in data}
    return _single(kind, data)


def _one_of(kinds: tuple[Any, ...], data: Any, bound: Mapping[Any, Any]) -> Any:
    for kind in kinds:
        try:
            return _read(kind, data, bound)
        except (ValueError, TypeError, KeyError):
            continue
    raise WireError("none of the types")


def _dataclass(kind: Any, data: Any, bound: Mapping[Any, Any]) -> Any:
    made: Any = get_origin(kind) or kind
    if type(data) is not dict or data.get("") != made.__name__:
        raise WireError("another class")
    given = [bound.get(one, one) if isinstance(one, TypeVar) else one for one in get_args(kind)]
    inner = dict(zip(getattr(made, "__parameters__", ()), given, strict=False))
    hints = _hints(made)
    return made(**{f.name: _read(hints[f.name], data[f.name], inner) for f in dataclasses.fields(made)})


def _sequence(origin: Any, arguments: tuple[Any, ...], data: Any, bound: Mapping[Any, Any]) -> Any:
    if type(data) is not list:
        raise WireError("no sequence")
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return tuple(_read(kind, one, bound) for kind, one in zip(arguments, data, strict=True))
    return origin(_read(arguments[0], one, bound) for one in data)


def _single(kind: Any, data: Any) -> Any:
    if kind in (None, types.NoneType) and data is None:
        return None
    if kind in (bool, int, str) and type(data) is kind:
        return data
    if kind is float and type(data) in (int, float):
        return float(data)
    if kind is bytes and type(data) is str:
        return data.encode("latin-1")
    if kind is datetime and type(data) is str:
        return datetime.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    raise WireError("another type")
