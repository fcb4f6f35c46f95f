#!/usr/bin/env python3
"""Client of `tritwise serve`: texts as they come, scores, classes, from Python, one at a time or many at once.

    from tritwise_client import AsyncClient, Client

    with Client("tcp://127.0.0.1:5555") as client:
        for delta in client.generate("In the beginning", max_tokens=100):
            print(delta.text, end="", flush=True)

    async with AsyncClient() as client:  # any number of requests at once over one client
        texts = await asyncio.gather(*(client.generate_text(prompt) for prompt in prompts))

One file over docs/protocol.md, with pyzmq (Debian: python3-zmq) and nothing else; copy it where you need it. Times
are in seconds and say so in their names (`_s`); figures that the server gives keep its units (`_ms`).

A lost connection loses nothing: where nothing is heard for `timeout_s` a request is said again, which the server
does not compute again; after `tries` times without any sign of the server NoReply is raised. A text that is not
wanted to its end (a `break`, an exception, a cancelled task) is cancelled on the server.

Errors are TritwiseError. Its `code` is the protocol's ("bad_request", "too_large", ...) or one of this file's:
"no_reply", "deadline", "cancelled", "text_changed", "bad_key". A Client may be used by one thread at a time, an
AsyncClient by one event loop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import secrets
import sys
import time
import tomllib
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict, Unpack

import zmq
import zmq.asyncio

__all__ = ["AsyncClient", "AsyncGeneration", "Busy", "Classes", "Client", "Delta", "Ended", "Finish", "Generation",
           "GenerateOptions", "NoReply", "RequestOptions", "Score", "ServerError", "TritwiseError", "Usage"]

ADDRESS = "tcp://127.0.0.1:5555"
_PROTOCOL = b"tritwise/1"
_COMPUTE = ("generate", "score", "classify")
_CONTROL = ("cancel", "credit", "drain", "health", "models", "stats")
_HEARTBEAT_MS = 3000
_SILENCE_MS = 10000  # of a connection that is then made anew
_LINGER_MS = 1000  # for what was sent and is not yet gone when a client is closed
_Z85_KEY = r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}"
_AGAIN = ("busy", "worker_lost")

Json = dict[str, Any]
# A text, token ids as they are, or messages {"role": ..., "content": ...} for a model with a chat template.
Prompt = str | Sequence[int] | Sequence[Mapping[str, str]]


class TritwiseError(Exception):
    """Anything that went wrong with a request. `code` says what, for programs; `str()` says it to people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


class ServerError(TritwiseError):
    """The server's own words: `code` is one of docs/protocol.md's, `reply` all that came with it."""

    def __init__(self, reply: Json) -> None:
        super().__init__(str(reply.get("code")), str(reply.get("message")))
        self.reply = reply

    @property
    def may_retry(self) -> bool:
        """Whether the same request can succeed later, at the same place."""
        return self.code in _AGAIN


class Busy(ServerError):
    """The server has no room; `retry_after_s` is a fair time to wait."""

    @property
    def retry_after_s(self) -> float:
        return float(self.reply.get("retry_after_ms", 1000)) / 1e3


class NoReply(TritwiseError):
    """Nothing was heard, though it was said several times: no server there, or one that does not know the key."""


class Ended(TritwiseError):
    """A request for a result that ended without one; `code` is "cancelled" or "deadline"."""


@dataclass(frozen=True)
class Delta:
    """What a text went on with. `text` has whole characters and may be empty while `ids` is not."""

    text: str
    ids: list[int]


@dataclass(frozen=True)
class Usage:
    """What a text took. Of `prompt_tokens`, `cached_tokens` had been computed for an earlier text."""

    prompt_tokens: int
    cached_tokens: int
    tokens: int
    queue_ms: float
    prefill_ms: float
    decode_ms: float


@dataclass(frozen=True)
class Finish:
    """Why a text ended: "length", "end", "stop", "context_full", "cancelled" or "deadline"; and what it took."""

    reason: str
    usage: Usage


@dataclass(frozen=True)
class Score:
    """`logprobs[i]`: natural logarithm of the probability of `ids[i]` after those before it; None where there is none.

    `sum` and `tokens` are those of the completion alone where there was one.
    """

    ids: list[int]
    logprobs: list[float | None]
    sum: float
    tokens: int


@dataclass(frozen=True)
class Classes:
    """Of each row the likeliest class, and the scores of all of them."""

    classes: list[int]
    scores: list[list[float]]


class RequestOptions(TypedDict, total=False):
    """Options of every request that computes.

    model: name of a model of models(); needed where there are several.
    id: up to 64 bytes, not used before with this `client` token; by default random. With a token and an id of its own
        a program that was started again can say its request again and gets what was computed meanwhile.
    deadline_s: from arrival, waiting in the queue included; then the request ends with "deadline".
    busy_wait_s: longest time in all to wait, as the server asks, before Busy is raised. Default 0.
    """

    model: str
    id: str
    deadline_s: float
    busy_wait_s: float


class GenerateOptions(RequestOptions, total=False):
    """Options of texts.

    max_tokens: most tokens generated. Default 128.
    temperature, top_k, top_p, seed: as in `tritwise run`; by default always the likeliest token.
    stop: up to 16 strings; the text ends before the first of them.
    format: "text", or "json" for a text that is one JSON value.
    credit: deltas that the server may be ahead of the caller; by default no limit.
    stream: False for one delta with all of the text.
    """

    max_tokens: int
    temperature: float
    top_k: int
    top_p: float
    seed: int
    stop: Sequence[str]
    format: str
    credit: int
    stream: bool


class _Exchange:
    """One request, and those of its replies that the caller has not had. Knows no sockets."""

    def __init__(self, body: Json, binary: bytes | None = None, busy_wait_s: float = 0.0) -> None:
        self.id: str = body["id"]
        self.computes = body["type"] in _COMPUTE
        self.control = body["type"] in _CONTROL
        self.frames = [_PROTOCOL, json.dumps(body).encode()] + ([] if binary is None else [binary])
        self.inbox: deque[Json] = deque()
        self.arrived = asyncio.Event()
        self.done = False
        self.silences = 0  # in a row, without a sign of the server
        self.heard = 0  # what the client had heard at the last of them
        self._busy_wait_s = busy_wait_s
        # The text so far, and how much of it the server has sent since it last began at its beginning.
        self.text = ""
        self.ids: list[int] = []
        self._sent_characters = 0
        self._sent_ids = 0
        self._seq = 0
        self.to_repeat = False
        self._repeated = False
        self.credit: int = body.get("credit", 0)
        self._read = 0  # deltas for which no credit was given back

    def take(self, reply: Json) -> Delta | Finish | Json | None:
        """What a reply means to the caller; None where that is nothing. Raises the reply's error."""
        kind = reply.get("type")
        if kind == "delta":
            return self._take_delta(reply)
        if kind == "finish" and reply["seq"] not in (0, self._seq):  # 0: there is no text
            self._note_gap()
            return None
        if kind == "error" and reply.get("code") == "busy":
            raise Busy(reply)
        self.done = True
        if kind == "error":
            raise ServerError(reply)
        if kind == "finish":
            return Finish(reply["reason"], Usage(**{key: reply["usage"][key] for key in Usage.__dataclass_fields__}))
        return dict(reply)

    def _take_delta(self, reply: Json) -> Delta | None:
        if reply["seq"] == 0:  # the beginning, or the answer to a repetition: all of the text so far
            self._sent_characters = self._sent_ids = self._seq = 0
            self._repeated = False
        elif reply["seq"] != self._seq:
            self._note_gap()
            return None
        self._seq += 1
        self._read += 1
        text: str = self._news(self.text, reply["text"], self._sent_characters)
        ids: list[int] = self._news(self.ids, reply["ids"], self._sent_ids)
        self._sent_characters += len(reply["text"])
        self._sent_ids += len(reply["ids"])
        self.text += text
        self.ids += ids
        return Delta(text, ids) if text or ids else None

    def _news(self, known: Any, sent: Any, begin: int) -> Any:
        """What of `sent`, which begins at `begin`, goes beyond `known`."""
        both = min(len(known) - begin, len(sent))
        if known[begin : begin + both] != sent[:both]:
            self.done = True
            raise TritwiseError("text_changed", "said again, the request gives another text: the model is another one")
        return sent[both:]

    def _note_gap(self) -> None:
        self.to_repeat = not self._repeated

    def repeat(self) -> list[bytes]:
        self.to_repeat = False
        self._repeated = True
        return self.frames

    def credit_due(self) -> int:
        """Deltas to be allowed for those that were read: half of the credit at a time, to save messages."""
        if self.credit == 0 or self._read < (self.credit + 1) // 2:
            return 0
        due, self._read = self._read, 0
        return due

    def pause_s(self, busy: Busy) -> float:
        """How long to wait before a busy server is asked again; raises where the caller's time is over."""
        if busy.retry_after_s > self._busy_wait_s:
            self.done = True
            raise busy
        self._busy_wait_s -= busy.retry_after_s
        return busy.retry_after_s


def _control_address(address: str) -> str:
    """The server's default: the next port, or ".control" behind an ipc path."""
    if not address.startswith("tcp://"):
        return address + ".control"
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise ValueError(f"{address}: not an address like {ADDRESS}")
    return f"{host}:{int(port) + 1}"


def _read_key(path: str | Path, name: str) -> bytes:
    try:
        key = tomllib.loads(Path(path).read_text(encoding="utf-8"))[name]
    except OSError as error:
        raise TritwiseError("bad_key", f"{path}: {error.strerror}") from None
    except (ValueError, KeyError):  # not UTF-8, not TOML, not there
        key = None
    if not isinstance(key, str) or re.fullmatch(_Z85_KEY, key) is None:
        raise TritwiseError("bad_key", f'{path}: has no {name} = "..." of 40 characters (tritwise keys makes them)')
    return key.encode("ascii")


class _Base:
    """What both clients share: sockets, requests under way, what to do about silence. Sending is theirs."""

    def __init__(self, context: type[Any], address: str, control: str | None, client: str | None,
                 server_key: str | Path | None, key: str | Path | None, timeout_s: float, tries: int) -> None:
        self.client = client if client is not None else secrets.token_hex(16)
        self._timeout_s = timeout_s
        self._tries = tries
        self._under_way: dict[str, _Exchange] = {}
        self._heard = 0  # messages
        self._closed = False
        keys: tuple[bytes, bytes, bytes] | None = None
        if server_key is not None:
            mine = zmq.curve_keypair() if key is None else (_read_key(key, "public"), _read_key(key, "secret"))
            keys = (_read_key(server_key, "public"), *mine)
        control = control if control is not None else _control_address(address)
        self._context = context()
        try:
            self._work = self._connect(address, keys)
            self._control = self._connect(control, keys)
        except zmq.ZMQError as error:
            self._context.destroy(0)
            raise ValueError(f"{address}, {control}: cannot connect: {error}") from None

    def _connect(self, address: str, keys: tuple[bytes, bytes, bytes] | None) -> Any:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = _LINGER_MS
        socket.heartbeat_ivl = _HEARTBEAT_MS
        socket.heartbeat_timeout = _SILENCE_MS
        socket.reconnect_ivl_max = 2000
        socket.sndtimeo = int(1e3 * self._timeout_s)
        socket.ipv6 = "[" in address
        if keys is not None:
            socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = keys
        socket.connect(address)
        return socket

    def _post(self, control: bool, frames: list[bytes]) -> None:
        raise NotImplementedError

    def _say(self, kind: str, **body: Any) -> None:
        """A message whose answer does not matter."""
        message = {"type": kind, "id": secrets.token_hex(8), **body}
        self._post(kind in _CONTROL, [_PROTOCOL, json.dumps(message).encode()])

    def _dispatch(self, frames: list[bytes]) -> None:
        self._heard += 1
        if len(frames) < 2 or frames[0] != _PROTOCOL:
            return
        reply = json.loads(frames[1])
        whose = self._under_way.values() if reply.get("id") is None else [self._under_way.get(reply["id"])]
        for exchange in whose:
            if exchange is not None:
                exchange.inbox.append(reply)
                exchange.arrived.set()

    def _exchange(self, kind: str, body: Json, options: Mapping[str, Any], binary: bytes | None = None) -> _Exchange:
        full: Json = {"type": kind, "id": options.get("id", secrets.token_hex(8)), **body}
        if kind in _COMPUTE:
            full["client"] = self.client
        full.update((key, value) for key, value in options.items() if key not in ("id", "deadline_s", "busy_wait_s"))
        if (deadline_s := options.get("deadline_s")) is not None:
            full["deadline_ms"] = max(1, math.ceil(1e3 * deadline_s))
        return _Exchange(full, binary, options.get("busy_wait_s", 0.0))

    def _generate(self, prompt: Prompt, options: Mapping[str, Any]) -> _Exchange:
        if isinstance(prompt, str):
            return self._exchange("generate", {"prompt": prompt}, options)
        messages = [dict(part) for part in prompt if isinstance(part, Mapping)]
        if messages:
            return self._exchange("generate", {"messages": messages}, options)
        ids = [int(part) for part in prompt if not isinstance(part, Mapping)]
        return self._exchange("generate", {"ids": ids}, options)

    def _score(self, prompt: str | Sequence[int], completion: str | None, options: Mapping[str, Any]) -> _Exchange:
        body: Json = {"prompt": prompt} if isinstance(prompt, str) else {"ids": [int(p) for p in prompt]}
        return self._exchange("score", body if completion is None else body | {"completion": completion}, options)

    def _classify(self, rows: Sequence[Sequence[float]] | bytes | bytearray | memoryview, count: int | None,
                  options: Mapping[str, Any]) -> _Exchange:
        if not isinstance(rows, (bytes, bytearray, memoryview)):
            return self._exchange("classify", {"rows": [[float(x) for x in row] for row in rows]}, options)
        if count is None and isinstance(rows, memoryview) and rows.ndim == 2 and rows.shape is not None:
            count = rows.shape[0]
        if count is None:
            raise ValueError("bytes need their count of rows")
        return self._exchange("classify", {"count": count}, options, bytes(rows))

    def _begin(self, exchange: _Exchange) -> None:
        if self._closed:
            raise RuntimeError("the client is closed")
        if exchange.id in self._under_way:
            raise ValueError(f"a request with the id {exchange.id} is under way")
        self._under_way[exchange.id] = exchange
        exchange.heard = self._heard
        self._post(exchange.control, exchange.frames)

    def _leave(self, exchange: _Exchange) -> None:
        """The caller wants nothing more of it."""
        known = self._under_way.pop(exchange.id, None) is not None
        if known and exchange.computes and not exchange.done and not self._closed:
            self._say("cancel", client=self.client, request=exchange.id)
        exchange.done = True

    def _pay(self, exchange: _Exchange) -> None:
        if due := exchange.credit_due():
            self._say("credit", client=self.client, request=exchange.id, credit=due)

    def _silence(self, exchange: _Exchange) -> None:
        """Nothing came for `timeout_s`: perhaps a reply was lost, perhaps the request waits its turn."""
        exchange.silences = 1 if exchange.heard != self._heard else exchange.silences + 1
        exchange.heard = self._heard
        if exchange.silences >= self._tries:
            raise NoReply("no_reply", f"the server is not heard since {self._tries * self._timeout_s:g} s")
        self._post(exchange.control, exchange.repeat())
        if not exchange.control:
            self._say("health")  # whose answer is the sign that the server is there
        if exchange.credit:
            self._say("credit", client=self.client, request=exchange.id, credit=1)  # should the last one be lost

    def _close(self) -> None:
        for exchange in list(self._under_way.values()):
            self._leave(exchange)
        self._closed = True


class _Text:
    """What came of a text so far."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self.id = exchange.id
        self.finish: Finish | None = None

    @property
    def text(self) -> str:
        return self._exchange.text

    @property
    def ids(self) -> list[int]:
        return self._exchange.ids


class Generation(_Text):
    """A text as it comes: iterate once. The request is sent when that begins.

    Leaving the loop early cancels it, as close() and the end of a `with` do. `text` and `ids` are what came so far,
    `finish` is there after the last delta, `id` is the request's.
    """

    def __init__(self, client: Client, exchange: _Exchange) -> None:
        super().__init__(exchange)
        self._client = client

    def __iter__(self) -> Iterator[Delta]:
        if self._exchange.done:
            return
        self._client._begin(self._exchange)
        try:
            while self.finish is None:
                answer = self._client._answer(self._exchange)
                if isinstance(answer, Delta):
                    yield answer
                elif isinstance(answer, Finish):
                    self.finish = answer
        finally:
            self.close()

    def cancel(self) -> bool:
        """Asks the server to end the text; what is under way still comes, then `finish` with "cancelled"."""
        return self._client.cancel(self.id)

    def close(self) -> None:
        self._client._leave(self._exchange)

    def __enter__(self) -> Generation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Client(_Base):
    """A connection to one server, for one thread.

    address, control: the server's two; by default the control address follows from the first as it does there.
    client: the token with which requests can be said again; by default random.
    server_key: the server's NAME.public, for encrypted connections; `key`: one's own NAME.secret (`tritwise keys`),
        by default a pair made for this connection, which a server with a list of keys refuses.
    timeout_s, tries: after so long without a word a request is said again, and so often in all.
    """

    def __init__(self, address: str = ADDRESS, *, control: str | None = None, client: str | None = None,
                 server_key: str | Path | None = None, key: str | Path | None = None, timeout_s: float = 5.0,
                 tries: int = 3) -> None:
        super().__init__(zmq.Context, address, control, client, server_key, key, timeout_s, tries)
        self._poller = zmq.Poller()
        for socket in (self._work, self._control):
            self._poller.register(socket, zmq.POLLIN)

    def generate(self, prompt: Prompt, **options: Unpack[GenerateOptions]) -> Generation:
        """The text that goes on from `prompt`; see GenerateOptions."""
        return Generation(self, self._generate(prompt, options))

    def generate_text(self, prompt: Prompt, **options: Unpack[GenerateOptions]) -> str:
        """As generate(), all of the text at once."""
        generation = self.generate(prompt, **options)
        for _ in generation:
            pass
        return generation.text

    def score(self, prompt: str | Sequence[int], completion: str | None = None,
              **options: Unpack[RequestOptions]) -> Score:
        """How likely a text is, or its completion after it; see Score."""
        return _score_of(self._result(self._score(prompt, completion, options)))

    def classify(self, rows: Sequence[Sequence[float]] | bytes | bytearray | memoryview, *, count: int | None = None,
                 **options: Unpack[RequestOptions]) -> Classes:
        """Classes of rows of features: lists, or `count` rows of little-endian f32 one after the other."""
        return _classes_of(self._result(self._classify(rows, count, options)))

    def tokenize(self, text: str, *, begin: bool = False, model: str | None = None) -> list[int]:
        """Ids of a text; with `begin` after the model's beginning token, as a prompt is read."""
        reply = self._result(self._exchange("tokenize", {"text": text, "begin": begin}, _given(model)))
        return list(reply["ids"])

    def detokenize(self, ids: Sequence[int], *, model: str | None = None) -> str:
        return str(self._result(self._exchange("detokenize", {"ids": list(ids)}, _given(model)))["text"])

    def models(self) -> list[Json]:
        """Name, context, vocabulary and so on of each model."""
        return list(self._ask("models")["models"])

    def health(self) -> Json:
        """`status` ("ok", "draining"; of a router "no_worker"), `version`, `uptime_s`, `running`; a router's `workers`."""
        reply = self._ask("health")
        return {key: value for key, value in reply.items() if key not in ("id", "type")}

    def stats(self) -> Json:
        """Counters by name; those with labels are objects: {"finished_total": {"reason=cancelled": 1}}."""
        return dict(self._ask("stats")["stats"])

    def prometheus(self) -> str:
        """The same as Prometheus reads it."""
        return str(self._ask("stats")["prometheus"])

    def cancel(self, request: str) -> bool:
        """Ends a request of this `client` token by its id. False: it was not under way."""
        return bool(self._ask("cancel", client=self.client, request=request)["found"])

    def drain(self) -> None:
        """The server takes no more work, finishes what it has, then ends."""
        self._ask("drain")

    def close(self) -> None:
        """Cancels what is under way. Waits up to a second for messages to be gone."""
        if not self._closed:
            self._close()
            self._work.close()
            self._control.close()
            self._context.term()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, kind: str, **body: Any) -> Json:
        return self._result(self._exchange(kind, body, {}))

    def _result(self, exchange: _Exchange) -> Json:
        self._begin(exchange)
        try:
            return _result_of(self._answer(exchange))
        finally:
            self._leave(exchange)

    def _post(self, control: bool, frames: list[bytes]) -> None:
        try:
            (self._control if control else self._work).send_multipart(frames)
        except zmq.Again:
            raise NoReply("no_reply", "the server takes no messages") from None

    def _answer(self, exchange: _Exchange) -> Delta | Finish | Json:
        self._pay(exchange)
        while True:
            until = time.monotonic() + self._timeout_s
            while not exchange.inbox:
                self._receive(until - time.monotonic())
                if not exchange.inbox and time.monotonic() >= until:
                    self._silence(exchange)
                    until = time.monotonic() + self._timeout_s
            try:
                answer = exchange.take(exchange.inbox.popleft())
            except Busy as busy:
                time.sleep(exchange.pause_s(busy))
                self._post(exchange.control, exchange.frames)
                continue
            if answer is not None:
                return answer
            self._pay(exchange)
            if exchange.to_repeat:
                self._post(exchange.control, exchange.repeat())

    def _receive(self, timeout_s: float) -> None:
        for socket, _ in self._poller.poll(max(0, math.ceil(1e3 * timeout_s))):
            while True:
                try:
                    self._dispatch(socket.recv_multipart(zmq.NOBLOCK))
                except zmq.Again:
                    break


class AsyncGeneration(_Text):
    """As Generation, for `async for`; its end is `async with` or aclose(). A cancelled task cancels the request."""

    def __init__(self, client: AsyncClient, exchange: _Exchange) -> None:
        super().__init__(exchange)
        self._client = client

    async def __aiter__(self) -> AsyncIterator[Delta]:
        if self._exchange.done:
            return
        self._client._begin(self._exchange)
        try:
            while self.finish is None:
                answer = await self._client._answer(self._exchange)
                if isinstance(answer, Delta):
                    yield answer
                elif isinstance(answer, Finish):
                    self.finish = answer
        finally:
            self._client._leave(self._exchange)

    async def cancel(self) -> bool:
        """As Generation.cancel()."""
        return await self._client.cancel(self.id)

    async def aclose(self) -> None:
        self._client._leave(self._exchange)

    async def __aenter__(self) -> AsyncGeneration:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class AsyncClient(_Base):
    """As Client, for one event loop and any number of requests at once."""

    def __init__(self, address: str = ADDRESS, *, control: str | None = None, client: str | None = None,
                 server_key: str | Path | None = None, key: str | Path | None = None, timeout_s: float = 5.0,
                 tries: int = 3) -> None:
        super().__init__(zmq.asyncio.Context, address, control, client, server_key, key, timeout_s, tries)
        self._readers: list[asyncio.Task[None]] = []

    def generate(self, prompt: Prompt, **options: Unpack[GenerateOptions]) -> AsyncGeneration:
        """As Client.generate()."""
        return AsyncGeneration(self, self._generate(prompt, options))

    async def generate_text(self, prompt: Prompt, **options: Unpack[GenerateOptions]) -> str:
        """As Client.generate_text()."""
        generation = self.generate(prompt, **options)
        async for _ in generation:
            pass
        return generation.text

    async def score(self, prompt: str | Sequence[int], completion: str | None = None,
                    **options: Unpack[RequestOptions]) -> Score:
        """As Client.score()."""
        return _score_of(await self._result(self._score(prompt, completion, options)))

    async def classify(self, rows: Sequence[Sequence[float]] | bytes | bytearray | memoryview, *,
                       count: int | None = None, **options: Unpack[RequestOptions]) -> Classes:
        """As Client.classify()."""
        return _classes_of(await self._result(self._classify(rows, count, options)))

    async def tokenize(self, text: str, *, begin: bool = False, model: str | None = None) -> list[int]:
        """As Client.tokenize()."""
        reply = await self._result(self._exchange("tokenize", {"text": text, "begin": begin}, _given(model)))
        return list(reply["ids"])

    async def detokenize(self, ids: Sequence[int], *, model: str | None = None) -> str:
        """As Client.detokenize()."""
        return str((await self._result(self._exchange("detokenize", {"ids": list(ids)}, _given(model))))["text"])

    async def models(self) -> list[Json]:
        """As Client.models()."""
        return list((await self._ask("models"))["models"])

    async def health(self) -> Json:
        """As Client.health()."""
        reply = await self._ask("health")
        return {key: value for key, value in reply.items() if key not in ("id", "type")}

    async def stats(self) -> Json:
        """As Client.stats()."""
        return dict((await self._ask("stats"))["stats"])

    async def prometheus(self) -> str:
        """As Client.prometheus()."""
        return str((await self._ask("stats"))["prometheus"])

    async def cancel(self, request: str) -> bool:
        """As Client.cancel()."""
        return bool((await self._ask("cancel", client=self.client, request=request))["found"])

    async def drain(self) -> None:
        """As Client.drain()."""
        await self._ask("drain")

    async def aclose(self) -> None:
        """As Client.close()."""
        if self._closed:
            return
        self._close()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._work.close()
        self._control.close()
        await asyncio.get_running_loop().run_in_executor(None, self._context.term)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.aclose()

    async def _ask(self, kind: str, **body: Any) -> Json:
        return await self._result(self._exchange(kind, body, {}))

    async def _result(self, exchange: _Exchange) -> Json:
        self._begin(exchange)
        try:
            return _result_of(await self._answer(exchange))
        finally:
            self._leave(exchange)

    def _post(self, control: bool, frames: list[bytes]) -> None:
        # Sent at once where there is room, else when there is: the future need not be awaited.
        (self._control if control else self._work).send_multipart(frames)

    def _begin(self, exchange: _Exchange) -> None:
        if not self._readers and not self._closed:
            self._readers = [asyncio.create_task(self._read(socket)) for socket in (self._work, self._control)]
        super()._begin(exchange)

    async def _read(self, socket: Any) -> None:
        while True:
            self._dispatch(await socket.recv_multipart())

    async def _answer(self, exchange: _Exchange) -> Delta | Finish | Json:
        self._pay(exchange)
        while True:
            while not exchange.inbox:
                exchange.arrived.clear()
                try:
                    async with asyncio.timeout(self._timeout_s):
                        await exchange.arrived.wait()
                except TimeoutError:
                    self._silence(exchange)
            try:
                answer = exchange.take(exchange.inbox.popleft())
            except Busy as busy:
                await asyncio.sleep(exchange.pause_s(busy))
                self._post(exchange.control, exchange.frames)
                continue
            if answer is not None:
                return answer
            self._pay(exchange)
            if exchange.to_repeat:
                self._post(exchange.control, exchange.repeat())


def _given(model: str | None) -> Json:
    return {} if model is None else {"model": model}


def _result_of(answer: Delta | Finish | Json) -> Json:
    if isinstance(answer, Finish):
        raise Ended(answer.reason, f"the request ended: {answer.reason}")
    assert isinstance(answer, dict)
    return answer


def _score_of(reply: Json) -> Score:
    return Score(reply["ids"], reply["logprobs"], reply["sum"], reply["tokens"])


def _classes_of(reply: Json) -> Classes:
    return Classes(reply["classes"], reply["scores"])


def _command(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Writes on from a text, by a server (tritwise serve).")
    parser.add_argument("prompt", nargs="?", help="the text to go on from")
    parser.add_argument("--connect", default=ADDRESS, metavar="ADDR", help=f"the server (default: {ADDRESS})")
    parser.add_argument("--control", metavar="ADDR", help="its control address (default: the next port)")
    parser.add_argument("--server-key", metavar="NAME.public", help="the server's key: an encrypted connection")
    parser.add_argument("--key", metavar="NAME.secret", help="one's own key (tritwise keys)")
    parser.add_argument("--model", help="needed where there are several")
    parser.add_argument("-n", "--tokens", type=int, default=128, help="most tokens to generate")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--top-k", type=int, default=0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds of silence before a new try")
    parser.add_argument("--health", action="store_true", help="only say how the server is; exit code 1: no answer")
    parser.add_argument("--stats", action="store_true", help="only print its counters, as Prometheus reads them")
    given = parser.parse_args(arguments)
    if (given.prompt is None) != (given.health or given.stats):
        parser.error("give a prompt, or --health or --stats")
    try:
        with Client(given.connect, control=given.control, server_key=given.server_key, key=given.key,
                    timeout_s=given.timeout) as client:
            if given.health:
                print(json.dumps(client.health()))
            elif given.stats:
                print(client.prometheus(), end="")
            else:
                options: GenerateOptions = {"max_tokens": given.tokens, "temperature": given.temperature,
                                            "top_k": given.top_k, "top_p": given.top_p, "seed": given.seed}
                if given.model is not None:
                    options["model"] = given.model
                for delta in client.generate(given.prompt, **options):
                    print(delta.text, end="", flush=True)
                print()
        return 0
    except KeyboardInterrupt:
        print()
        return 130
    except (TritwiseError, ValueError) as error:
        print(f"tritwise_client: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(_command())
