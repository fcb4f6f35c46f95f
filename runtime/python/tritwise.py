"""Runs ternary (1.58-bit) networks from Python: load a .trit model, generate text, score rows of features.

    import tritwise
    model = tritwise.Model("model.trit")
    print(model.session(temperature=0.8, top_k=40).generate("Once upon a time", 100).text)

One file over the C API (tritwise.h says what each call means) with nothing but the standard library. It needs
the shared library libtritwise.so, which it looks for in this order: the path in the environment's
TRITWISE_LIBRARY, beside this file, where `cmake --install` puts it, and where the system looks for libraries.

A Model may be used by several threads, a Session by one at a time; while the library computes, other Python
threads run. Everything is freed with the objects.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import enum
import os
from array import array
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_char_p, c_float, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import NamedTuple

__all__ = ["Cache", "Error", "Finish", "Generated", "Model", "Session", "Status", "version"]

_SONAME = "libtritwise.so.0"
_ALIGNMENT = 64


class Status(enum.IntEnum):
    """Codes of failures, as tritwise_status."""

    OK = 0
    INVALID_ARGUMENT = 1
    NOT_FOUND = 2
    CORRUPT = 3
    UNSUPPORTED = 4
    IO = 5
    RESOURCE_EXHAUSTED = 6


class Cache(enum.IntEnum):
    """Number formats of keys and values, as tritwise_cache."""

    DEFAULT = 0
    F32 = 1
    F16 = 2
    INT8 = 3


class Finish(enum.IntEnum):
    """Why generating ended, as tritwise_finish."""

    LENGTH = 0
    END = 1
    CONTEXT_FULL = 2
    STOPPED = 3


class Error(Exception):
    """One line that says what is wrong, and its code (a Status, or an int that is newer than this file)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = Status(status) if status in list(Status) else status


class Generated(NamedTuple):
    text: str
    tokens: list[int]
    finish: Finish


# Called for each token with its id and the text that became complete with it; False stops. The id is -1 for
# what is left of an incomplete character at the end.
OnToken = Callable[[int, str], "bool | None"]


class _Options(ctypes.Structure):
    _fields_ = [
        ("struct_bytes", c_uint32),
        ("threads", c_int32),
        ("max_rows", c_int32),
        ("cache", c_int32),
        ("context", c_int64),
        ("temperature", c_float),
        ("top_k", c_int32),
        ("top_p", c_float),
        ("format", c_int32),
        ("seed", c_uint64),
    ]


_TokenCallback = ctypes.CFUNCTYPE(c_int, c_int32, c_void_p, c_size_t, c_void_p)

# Result and arguments of every function that is used here.
_SIGNATURES = {
    "tritwise_version": (c_char_p, []),
    "tritwise_last_error": (c_char_p, []),
    "tritwise_last_status": (c_int, []),
    "tritwise_model_load": (c_void_p, [c_char_p, c_int]),
    "tritwise_model_from_memory": (c_void_p, [c_void_p, c_size_t, c_int]),
    "tritwise_model_free": (None, [c_void_p]),
    "tritwise_model_context": (c_int64, [c_void_p]),
    "tritwise_model_input_width": (c_int64, [c_void_p]),
    "tritwise_model_output_width": (c_int64, [c_void_p]),
    "tritwise_model_reads_tokens": (c_int, [c_void_p]),
    "tritwise_model_has_vocabulary": (c_int, [c_void_p]),
    "tritwise_model_begin_id": (c_int32, [c_void_p]),
    "tritwise_model_end_id": (c_int32, [c_void_p]),
    "tritwise_model_metadata": (c_char_p, [c_void_p, c_char_p]),
    "tritwise_tokenize": (c_int64, [c_void_p, c_char_p, c_size_t, c_uint32, POINTER(c_int32), c_size_t]),
    "tritwise_detokenize": (c_int64, [c_void_p, POINTER(c_int32), c_size_t, c_char_p, c_size_t]),
    "tritwise_session_create": (c_void_p, [c_void_p, POINTER(_Options)]),
    "tritwise_session_free": (None, [c_void_p]),
    "tritwise_session_reset": (None, [c_void_p]),
    "tritwise_session_truncate": (c_int, [c_void_p, c_int64]),
    "tritwise_session_position": (c_int64, [c_void_p]),
    "tritwise_session_context": (c_int64, [c_void_p]),
    "tritwise_session_bytes": (c_uint64, [c_void_p]),
    "tritwise_session_threads": (c_int, [c_void_p]),
    "tritwise_session_target": (c_char_p, [c_void_p]),
    "tritwise_session_finish": (c_int, [c_void_p]),
    "tritwise_generate": (c_int64, [c_void_p, c_char_p, c_size_t, c_int32, _TokenCallback, c_void_p]),
    "tritwise_generate_from_ids": (
        c_int64,
        [c_void_p, POINTER(c_int32), c_size_t, c_int32, _TokenCallback, c_void_p],
    ),
    "tritwise_read": (c_int, [c_void_p, POINTER(c_int32), c_size_t, POINTER(c_float)]),
    "tritwise_score": (c_int, [c_void_p, POINTER(c_float), c_size_t, POINTER(c_float)]),
}


def _candidates() -> list[str]:
    named = os.environ.get("TRITWISE_LIBRARY")
    if named:
        return [named]
    here = Path(__file__).resolve().parent
    found = [here / _SONAME]
    # share/tritwise/python is three levels below the prefix; its libraries may lie a level deeper (multiarch).
    for folder in ("lib", "lib64"):
        libraries = here.parents[2] / folder if len(here.parents) > 2 else here / folder
        found.append(libraries / _SONAME)
        found.extend(sorted(libraries.glob(f"*/{_SONAME}")))
    paths = [str(path) for path in found if path.exists()]
    return [*paths, _SONAME, *filter(None, [ctypes.util.find_library("tritwise")])]


def _load() -> ctypes.CDLL:
    reasons = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            reasons.append(str(error))
            continue
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        return library
    raise ImportError(f"{reasons[0]} (set TRITWISE_LIBRARY to the path of libtritwise.so)")


_library = _load()


def version() -> str:
    """Version of the library."""
    return _library.tritwise_version().decode()


def _error() -> Error:
    return Error(_library.tritwise_last_error().decode(errors="replace"), _library.tritwise_last_status())


def _check(result: int) -> int:
    if result < 0:
        raise _error()
    return result


def _int(name: str, value: int, bits: int = 32) -> int:
    """`value`, where C can hold it: ctypes would cut it without a word."""
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"{name}: {value} does not fit into {bits} bits")
    return value


def _c_ids(ids: Sequence[int]) -> ctypes.Array[c_int32]:
    return (c_int32 * len(ids))(*(_int("token", token) for token in ids))


class Model:
    """A model file, mapped; or its bytes, copied once to where the library can compute on them."""

    def __init__(self, source: str | os.PathLike[str] | bytes | bytearray | memoryview, *, verify: bool = True) -> None:
        self._handle: int | None = None
        self._bytes: ctypes.Array[ctypes.c_char] | None = None
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            self._bytes = ctypes.create_string_buffer(len(data) + _ALIGNMENT)
            start = -(-ctypes.addressof(self._bytes) // _ALIGNMENT) * _ALIGNMENT
            ctypes.memmove(start, data, len(data))
            self._handle = _library.tritwise_model_from_memory(start, len(data), int(verify))
        else:
            self._handle = _library.tritwise_model_load(os.fsencode(source), int(verify))
        if not self._handle:
            raise _error()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            _library.tritwise_model_free(self._handle)

    @property
    def context(self) -> int:
        """Longest sequence in tokens; 0 where rows are independent."""
        return _library.tritwise_model_context(self._handle)

    @property
    def input_width(self) -> int:
        """Number of token ids, or floats in a row of features."""
        return _library.tritwise_model_input_width(self._handle)

    @property
    def output_width(self) -> int:
        """Number of logits or scores in a row."""
        return _library.tritwise_model_output_width(self._handle)

    @property
    def reads_tokens(self) -> bool:
        return bool(_library.tritwise_model_reads_tokens(self._handle))

    @property
    def has_vocabulary(self) -> bool:
        return bool(_library.tritwise_model_has_vocabulary(self._handle))

    @property
    def begin_id(self) -> int | None:
        token = _library.tritwise_model_begin_id(self._handle)
        return token if token >= 0 else None

    @property
    def end_id(self) -> int | None:
        token = _library.tritwise_model_end_id(self._handle)
        return token if token >= 0 else None

    def metadata(self, key: str) -> str | None:
        value = _library.tritwise_model_metadata(self._handle, key.encode())
        return None if value is None else value.decode(errors="replace")

    def tokenize(self, text: str, *, begin: bool = False, special: bool = False) -> list[int]:
        """Ids of a text. `special`: control pieces in it become their ids; only for text that a program wrote."""
        data = text.encode()
        flags = int(begin) + 2 * int(special)
        count = _check(_library.tritwise_tokenize(self._handle, data, len(data), flags, None, 0))
        ids = (c_int32 * count)()
        _check(_library.tritwise_tokenize(self._handle, data, len(data), flags, ids, count))
        return list(ids)

    def detokenize(self, ids: Sequence[int]) -> bytes:
        """The text of the ids, as bytes: it may end in the middle of a character."""
        c_ids = _c_ids(ids)
        count = _check(_library.tritwise_detokenize(self._handle, c_ids, len(c_ids), None, 0))
        text = ctypes.create_string_buffer(count + 1)
        _check(_library.tritwise_detokenize(self._handle, c_ids, len(c_ids), text, count))
        return text.raw[:count]

    def session(
        self,
        *,
        threads: int = 0,
        max_rows: int = 0,
        cache: Cache = Cache.DEFAULT,
        context: int = 0,
        temperature: float = 0.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        json: bool = False,
    ) -> Session:
        """All memory that computing needs is taken here. 0 means the default everywhere.

        `json`: what each call generates is one JSON value, or the beginning of one where it ends early.
        """
        return Session(
            self,
            _Options(
                struct_bytes=ctypes.sizeof(_Options),
                threads=_int("threads", threads),
                max_rows=_int("max_rows", max_rows),
                cache=_int("cache", cache),
                context=_int("context", context, 64),
                temperature=temperature,
                top_k=_int("top_k", top_k),
                top_p=top_p,
                format=1 if json else 0,
                seed=seed % (1 << 64),
            ),
        )


class Session:
    """One sequence, or one place to score rows. Made by Model.session()."""

    def __init__(self, model: Model, options: _Options) -> None:
        self.model = model
        self._handle: int | None = _library.tritwise_session_create(model._handle, ctypes.byref(options))
        if not self._handle:
            raise _error()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            _library.tritwise_session_free(self._handle)

    @property
    def position(self) -> int:
        """Tokens that the session holds."""
        return _library.tritwise_session_position(self._handle)

    @property
    def context(self) -> int:
        """The most tokens that the session can hold."""
        return _library.tritwise_session_context(self._handle)

    @property
    def memory_bytes(self) -> int:
        """Bytes of its buffers and its cache."""
        return _library.tritwise_session_bytes(self._handle)

    @property
    def threads(self) -> int:
        return _library.tritwise_session_threads(self._handle)

    @property
    def target(self) -> str:
        """Name of the instruction set that is used."""
        return _library.tritwise_session_target(self._handle).decode()

    def reset(self) -> None:
        """Forgets the text so far and starts again with the seed."""
        _library.tritwise_session_reset(self._handle)

    def truncate(self, position: int) -> None:
        """Forgets what comes behind the first `position` tokens."""
        _check(_library.tritwise_session_truncate(self._handle, position))

    def generate(
        self, prompt: str | Sequence[int], max_tokens: int = 128, on_token: OnToken | None = None
    ) -> Generated:
        """Goes on from a text, or from ids as they are. What `on_token` raises stops generating and is raised here."""
        tokens: list[int] = []
        pieces: list[bytes] = []
        raised: list[BaseException] = []

        def listen(token: int, text: int | None, text_bytes: int, _user: object) -> int:
            try:
                piece = ctypes.string_at(text, text_bytes) if text else b""
                if token >= 0:
                    tokens.append(token)
                pieces.append(piece)
                return 0 if on_token is not None and on_token(token, piece.decode()) is False else 1
            except BaseException as error:  # pylint: disable=broad-except
                raised.append(error)
                return 0

        callback = _TokenCallback(listen)
        _int("max_tokens", max_tokens)
        if isinstance(prompt, str):
            data = prompt.encode()
            result = _library.tritwise_generate(self._handle, data, len(data), max_tokens, callback, None)
        else:
            ids = _c_ids(prompt)
            result = _library.tritwise_generate_from_ids(self._handle, ids, len(ids), max_tokens, callback, None)
        if raised:
            raise raised[0]
        _check(result)
        return Generated(b"".join(pieces).decode(), tokens, Finish(_library.tritwise_session_finish(self._handle)))

    def read(self, ids: Sequence[int]) -> list[float]:
        """Reads ids without generating; gives the logits for the next token."""
        c_ids = _c_ids(ids)
        logits = (c_float * self.model.output_width)()
        _check(_library.tritwise_read(self._handle, c_ids, len(c_ids), logits))
        return list(logits)

    def score(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Scores of rows of input_width features each, for a model whose rows are independent."""
        width, outputs = self.model.input_width, self.model.output_width
        features = array("f")
        for index, row in enumerate(rows):
            if len(row) != width:
                raise ValueError(f"row {index} has {len(row)} features, the model reads {width}")
            features.extend(row)
        c_features = (c_float * len(features)).from_buffer(features) if len(features) else None
        scores = (c_float * (len(rows) * outputs))()
        _check(_library.tritwise_score(self._handle, c_features, len(rows), scores))
        return [list(scores[i : i + outputs]) for i in range(0, len(scores), outputs)]

    def classify(self, rows: Sequence[Sequence[float]]) -> list[int]:
        """The class of each row: where its highest score stands, the first of equals."""
        return [scores.index(max(scores)) for scores in self.score(rows)]
