"""The server through its Python client: what it gives, how it ends, what it does about clients that go away.

Run by serve_clients.sh, with TRITWISE (the command) and WORK (a folder with text.trit and rows.trit) in the
environment. What has to be under way at a certain moment is held there by its credit, not by time.
"""

import array
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from tritwise_client import AsyncClient, Busy, Client, Ended, NoReply, ServerError, TritwiseError

TRITWISE = os.environ["TRITWISE"]
WORK = os.environ["WORK"]
TEXT = os.path.join(WORK, "text.trit")
ROWS = os.path.join(WORK, "rows.trit")
PROMPT = "And God said"
LONG = 120  # tokens of a text that is held on its way
DRAWN = {"max_tokens": 60, "temperature": 0.9, "top_k": 50}
PATIENCE_S = 20


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.005)
    return value


class Server:
    """A server of its own; its log as parsed lines. Leaving it sends SIGTERM and expects exit code 0."""

    def __init__(self, *arguments, models=(TEXT,), bind="tcp://127.0.0.1:*", environment=None):
        command = [TRITWISE, "serve", *models, "--bind", bind, "--threads", "1", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | (environment or {}))
        self.log = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        ready = self.event("ready")
        self.addresses = {"address": ready["work"], "control": ready["control"]}

    def read(self):
        for line in self.process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.log.append({"event": "not JSON", "line": line})

    def event(self, name):
        found = lambda: next((line for line in self.log if line["event"] == name), None)
        return until(lambda: found() or self.process.poll() is not None and {}, f"{name} in {self.log}")

    def client(self, **options):
        return Client(**self.addresses, **options)

    def wait(self):
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "none"
        self.reader.join()
        self.process.stderr.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        bad = [line for line in self.log if not {"time", "level", "event"} <= line.keys()]
        assert not bad, f"lines of the log: {bad}"
        assert code in (0, -signal.SIGKILL), f"exit code {code}: {self.log}"


class Cable:
    """A TCP connection to `address` that can be cut."""

    def __init__(self, address):
        host, port = address.removeprefix("tcp://").split(":")
        self.to = (host, int(port))
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.ends = []
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                self.threads.append(threading.Thread(target=self.carry, args=(one, other)))
                self.threads[-1].start()

    @staticmethod
    def carry(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def cut(self):
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:  # it was before
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self.threads:
            thread.join()
        for end in (self.listening, *self.ends):
            end.close()


def counter(client, name, label=None):
    value = client.stats().get(name, {} if label else 0)
    return value.get(label, 0) if label else value


def run_text(prompt, tokens, model=TEXT):
    """What `tritwise run` says."""
    command = [TRITWISE, "run", model, "-p", prompt, "-n", str(tokens), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["text"]


class WhatItGives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(models=(TEXT, ROWS)))

    def setUp(self):
        self.client = self.enterContext(self.server.client())

    def test_a_text_is_the_one_that_run_gives(self):
        generation = self.client.generate(PROMPT, model="text", max_tokens=50)
        deltas = list(generation)
        self.assertGreater(len(deltas), 10)
        self.assertEqual("".join(delta.text for delta in deltas), run_text(PROMPT, 50))
        self.assertEqual(generation.finish.reason, "length")
        self.assertEqual(generation.finish.usage.tokens, 50)
        self.assertEqual(self.client.generate_text(PROMPT, model="text", max_tokens=50), generation.text)

    def test_a_text_by_ids_that_is_not_streamed_is_the_same(self):
        ids = self.client.tokenize(PROMPT, begin=True, model="text")
        generation = self.client.generate(ids, model="text", max_tokens=50, stream=False)
        self.assertEqual(len(list(generation)), 1)
        self.assertEqual(generation.text, run_text(PROMPT, 50))
        self.assertEqual(len(generation.ids), 50)

    def test_eight_requests_at_once_give_what_they_give_in_turn(self):
        prompts = {seed: f"{PROMPT} unto {seed}" for seed in range(8)}
        in_turn = [self.client.generate_text(p, model="text", seed=s, **DRAWN) for s, p in prompts.items()]
        self.assertEqual(len(set(in_turn)), 8)

        async def at_once():
            async with AsyncClient(**self.server.addresses) as client:
                texts = (client.generate_text(p, model="text", seed=s, **DRAWN) for s, p in prompts.items())
                return await asyncio.gather(*texts)

        self.assertEqual(asyncio.run(at_once()), in_turn)

    def test_two_texts_can_be_read_in_turns(self):
        pairs = list(zip(self.client.generate(PROMPT, model="text", max_tokens=9, stop=["\0"]),
                         self.client.generate("The LORD", model="text", max_tokens=9, stop=["\0"])))
        self.assertTrue(run_text(PROMPT, 9).startswith("".join(a.text for a, _ in pairs)))
        self.assertTrue(run_text("The LORD", 9).startswith("".join(b.text for _, b in pairs)))

    def test_a_completion_is_scored_as_the_whole_text_is(self):
        part = self.client.score(PROMPT, " unto them", model="text")
        whole = self.client.score(part.ids, model="text")
        self.assertEqual(whole.ids, part.ids)
        self.assertIsNone(whole.logprobs[0])
        self.assertAlmostEqual(sum(whole.logprobs[-part.tokens:]), part.sum, places=6)
        self.assertLess(part.sum, 0.0)

    def test_rows_are_classified_alike_as_lists_and_as_bytes(self):
        width = next(m["input_width"] for m in self.client.models() if m["input"] == "features")
        numbers = array.array("f", (random.Random(1).random() for _ in range(3 * width)))
        rows = [numbers[i * width:(i + 1) * width].tolist() for i in range(3)]
        by_lists = self.client.classify(rows, model="rows")
        self.assertEqual(len(by_lists.scores), 3)
        self.assertEqual(by_lists.classes, [scores.index(max(scores)) for scores in by_lists.scores])
        self.assertEqual(self.client.classify(numbers.tobytes(), count=3, model="rows"), by_lists)
        plane = memoryview(numbers).cast("B").cast("f", (3, width))
        self.assertEqual(self.client.classify(plane, model="rows"), by_lists)

    def test_tokens_of_a_text_are_the_text(self):
        text = "In the beginning é 世"
        self.assertEqual(self.client.detokenize(self.client.tokenize(text, model="text"), model="text"), text)

    def test_models_health_and_counters_are_told(self):
        self.assertEqual([m["name"] for m in self.client.models()], ["text", "rows"])
        self.assertEqual(self.client.health()["status"], "ok")
        self.assertIn("tritwise_uptime_seconds", self.client.prometheus())

    def test_a_wrong_request_raises_with_its_code(self):
        for code, wrong in {
            "unknown_model": lambda: self.client.generate_text(PROMPT, model="none"),
            "bad_request": lambda: self.client.generate_text(PROMPT, model="text", temprature=1.0),
            "too_large": lambda: self.client.generate_text([1] * 300, model="text"),
            "not_supported": lambda: self.client.generate_text(PROMPT, model="rows"),
        }.items():
            with self.subTest(code), self.assertRaises(ServerError) as raised:
                wrong()
            self.assertEqual(raised.exception.code, code)
            self.assertFalse(raised.exception.may_retry)

    def test_the_command_writes_the_text(self):
        command = [sys.executable, "tools/clients/tritwise_client.py", "--connect", self.server.addresses["address"],
                   "--control", self.server.addresses["control"], "--model", "text", "-n", "20", PROMPT]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        self.assertEqual(said.stdout, run_text(PROMPT, 20) + "\n")


class WhatIsNotWanted(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--sequences", "1", "--queue", "1"))
        self.client = self.enterContext(self.server.client())

    def cancelled(self):
        return counter(self.client, "finished_total", "reason=cancelled")

    def test_leaving_the_loop_cancels(self):
        for delta in self.client.generate(PROMPT, max_tokens=LONG, credit=1):
            break
        until(lambda: self.cancelled() == 1, "cancelled")

    def test_closing_a_client_cancels(self):
        with self.server.client() as other:
            deltas = iter(other.generate(PROMPT, max_tokens=LONG, credit=1))
            next(deltas)
        until(lambda: self.cancelled() == 1, "cancelled")

    def test_cancelling_by_id_ends_the_text_with_a_finish(self):
        generation = self.client.generate(PROMPT, max_tokens=LONG, credit=1)
        for delta in generation:
            self.assertTrue(generation.cancel())
        self.assertEqual(generation.finish.reason, "cancelled")
        self.assertLess(generation.finish.usage.tokens, LONG)
        self.assertFalse(generation.cancel())

    def test_cancelling_a_task_cancels_and_so_does_leaving_its_loop(self):
        async def go():
            async with AsyncClient(**self.server.addresses) as client:
                first = asyncio.Event()

                async def read():
                    async for _ in client.generate(PROMPT, max_tokens=LONG, credit=1):
                        first.set()
                        await asyncio.Event().wait()

                task = asyncio.create_task(read())
                await first.wait()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                async for _ in client.generate(PROMPT, max_tokens=LONG, credit=1):
                    break
                # Behind both in the queue of one sequence: they are gone when it ends.
                await client.generate_text(PROMPT, max_tokens=2, busy_wait_s=PATIENCE_S)

        asyncio.run(go())
        until(lambda: self.cancelled() == 2, "both cancelled")

    def test_a_full_server_says_busy_and_can_be_waited_for(self):
        expected = run_text(PROMPT, LONG)

        async def go():
            async with AsyncClient(**self.server.addresses) as client:
                held = client.generate(PROMPT, max_tokens=LONG, credit=1)
                deltas = aiter(held)
                await anext(deltas)
                queued = asyncio.create_task(client.generate_text(PROMPT, max_tokens=LONG))
                while (await client.stats())["waiting"] != 1:
                    await asyncio.sleep(0.005)
                with self.assertRaises(Busy) as raised:
                    await client.generate_text(PROMPT, max_tokens=LONG)
                self.assertEqual(raised.exception.code, "busy")
                self.assertGreater(raised.exception.retry_after_s, 0.0)
                patient = asyncio.create_task(client.generate_text(PROMPT, max_tokens=LONG, busy_wait_s=PATIENCE_S))
                while (await client.stats())["errors_total"]["code=busy"] < 2:
                    await asyncio.sleep(0.005)
                await deltas.aclose()
                return [await queued, await patient]

        self.assertEqual(asyncio.run(go()), [expected, expected])

    def test_a_deadline_ends_a_text_and_a_score(self):
        held = iter(self.client.generate(PROMPT, max_tokens=LONG, credit=1))
        next(held)
        with self.assertRaises(Ended) as raised:
            self.client.score(PROMPT, " unto them", deadline_s=0.05)
        self.assertEqual(raised.exception.code, "deadline")
        held.close()
        generation = self.client.generate(PROMPT, max_tokens=LONG, deadline_s=0.05, credit=1)
        for delta in generation:
            time.sleep(0.06)
        self.assertEqual(generation.finish.reason, "deadline")


class WhatWasLost(unittest.TestCase):
    def setUp(self):
        self.expected = run_text(PROMPT, LONG)

    def test_a_request_that_is_said_again_is_not_computed_again(self):
        with Server() as server, server.client(client="me") as one, server.client(client="me") as other:
            self.assertEqual(one.generate_text(PROMPT, max_tokens=LONG, id="r"), self.expected)
            tokens = counter(one, "tokens_total")
            again = other.generate(PROMPT, max_tokens=LONG, id="r")
            self.assertEqual(len(list(again)), 1)
            self.assertEqual(again.text, self.expected)
            self.assertEqual(counter(one, "tokens_total"), tokens)
            with self.assertRaises(ServerError) as raised:
                other.generate_text(PROMPT, max_tokens=LONG + 1, id="r")
            self.assertEqual(raised.exception.code, "id_reused")

    def test_a_text_survives_a_cut_connection(self):
        with Server() as server, Cable(server.addresses["address"]) as cable:
            with Client(cable.address, control=server.addresses["control"], timeout_s=0.2, tries=20) as client:
                generation = client.generate(PROMPT, max_tokens=LONG, credit=2)
                text = ""
                for i, delta in enumerate(generation):
                    text += delta.text
                    if i in (3, 60):
                        cable.cut()
                self.assertEqual(text, self.expected)
                self.assertEqual(generation.finish.usage.tokens, LONG)
                self.assertEqual(counter(client, "tokens_total"), LONG)

    def test_a_text_survives_a_killed_server_that_is_started_again(self):
        with Server() as server:
            with server.client(timeout_s=0.2, tries=50) as client:
                generation = client.generate(PROMPT, max_tokens=LONG, credit=2)
                deltas = iter(generation)
                text = "".join(next(deltas).text for _ in range(5))
                server.process.kill()
                server.wait()
                with Server("--control", server.addresses["control"], bind=server.addresses["address"]):
                    text += "".join(delta.text for delta in deltas)
                self.assertEqual(text, self.expected)

    def test_a_server_that_is_not_there_gives_no_reply(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
            with Client(address, control=address, timeout_s=0.05, tries=2) as client:
                with self.assertRaises(NoReply) as raised:
                    client.health()
                self.assertEqual(raised.exception.code, "no_reply")

    def test_a_client_waits_longer_than_its_silences_where_the_server_is_there(self):
        with Server("--sequences", "1") as server, server.client() as holder:
            held = iter(holder.generate(PROMPT, max_tokens=LONG, credit=1))
            next(held)
            release = threading.Timer(0.5, holder.close)
            with server.client(timeout_s=0.05, tries=3) as client:
                release.start()
                self.assertEqual(client.generate_text(PROMPT, max_tokens=LONG), self.expected)
            release.join()


class HowItLives(unittest.TestCase):
    def test_a_text_under_way_is_finished_after_sigterm(self):
        expected = run_text(PROMPT, LONG)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(PATIENCE_S)
            manager.bind(os.path.join(WORK, "notify"))
            with Server(environment={"NOTIFY_SOCKET": os.path.join(WORK, "notify")}) as server:
                self.assertEqual(manager.recv(100), b"READY=1")
                with server.client() as client:
                    generation = client.generate(PROMPT, max_tokens=LONG, credit=1)
                    deltas = iter(generation)
                    text = next(deltas).text
                    server.process.send_signal(signal.SIGTERM)
                    self.assertEqual(manager.recv(100), b"STOPPING=1")
                    self.assertEqual(server.event("draining")["under_way"], 1)
                    self.assertEqual(client.health()["status"], "draining")
                    with self.assertRaises(ServerError) as raised:
                        client.generate_text(PROMPT)
                    self.assertEqual(raised.exception.code, "draining")
                    text += "".join(delta.text for delta in deltas)
                self.assertEqual(text, expected)
                self.assertEqual(generation.finish.reason, "length")
                self.assertEqual(server.wait(), 0)

    def test_what_takes_too_long_to_drain_is_cancelled(self):
        recipe = os.path.join(WORK, "server.toml")
        with open(recipe, "w", encoding="utf-8") as file:
            file.write("[server]\ndrain_s = 0.1\n")
        with Server("--recipe", recipe) as server, server.client() as client:
            generation = client.generate(PROMPT, max_tokens=LONG, credit=1)
            for i, _ in enumerate(generation):
                if i == 0:
                    server.process.send_signal(signal.SIGTERM)
                    server.event("drain_deadline")
            self.assertEqual(generation.finish.reason, "cancelled")
            self.assertEqual(server.wait(), 0)

    def test_sighup_takes_up_a_renamed_file_while_texts_go_on(self):
        served = os.path.join(WORK, "served.trit")
        shutil.copy(TEXT, served)
        with Server(models=(served,)) as server, server.client() as client:
            deltas = iter(client.generate(PROMPT, max_tokens=LONG, credit=1))
            text = next(deltas).text
            shutil.copy(ROWS, served + ".new")
            os.replace(served + ".new", served)
            server.process.send_signal(signal.SIGHUP)
            server.event("reloaded")
            self.assertEqual(client.models()[0]["input"], "features")
            self.assertEqual(text + "".join(delta.text for delta in deltas), run_text(PROMPT, LONG))

    def test_sighup_with_a_file_that_is_no_model_keeps_the_old_one(self):
        served = os.path.join(WORK, "kept.trit")
        shutil.copy(TEXT, served)
        with Server(models=(served,)) as server, server.client() as client:
            os.unlink(served)
            server.process.send_signal(signal.SIGHUP)
            self.assertIn("kept.trit", until(
                lambda: next((line for line in server.log if line["level"] == "error"), None), "an error")["message"])
            self.assertEqual(client.generate_text(PROMPT, max_tokens=20), run_text(PROMPT, 20))

    def test_an_ipc_address_serves_too(self):
        address = f"ipc://{WORK}/socket"
        with Server(bind=address), Client(address) as client:
            self.assertEqual(client.generate_text(PROMPT, max_tokens=20), run_text(PROMPT, 20))


class WhoMayConnect(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in ("server", "ann", "admin", "stranger"):
            subprocess.run([TRITWISE, "keys", os.path.join(WORK, name)], check=True, capture_output=True)

    @staticmethod
    def allow(**names):
        with open(os.path.join(WORK, "allow.toml"), "w", encoding="utf-8") as file:
            for name, admin in names.items():
                with open(os.path.join(WORK, f"{name}.public"), encoding="utf-8") as key:
                    file.write(f'[[key]]\nname = "{name}"\nadmin = {str(admin).lower()}\n{key.read()}')

    def connect(self, server, name, **options):
        return self.enterContext(server.client(server_key=f"{WORK}/server.public", key=f"{WORK}/{name}.secret", **options))

    def test_keys_of_the_list_connect_and_others_are_not_heard(self):
        self.allow(ann=False, admin=True)
        arguments = ("--secret-key", f"{WORK}/server.secret", "--allow", f"{WORK}/allow.toml")
        with Server(*arguments) as server:
            ann, admin = self.connect(server, "ann"), self.connect(server, "admin")
            self.assertEqual(ann.generate_text(PROMPT, max_tokens=20), run_text(PROMPT, 20))
            with self.assertRaises(NoReply):
                self.connect(server, "stranger", timeout_s=0.2, tries=2).health()
            with self.assertRaises(NoReply), server.client(timeout_s=0.1, tries=2) as plain:
                plain.health()
            self.assertGreaterEqual(counter(ann, "keys_refused_total"), 1)

            # Another key's request is not found, whatever client it names.
            held = ann.generate(PROMPT, max_tokens=LONG, credit=1)
            deltas = iter(held)
            next(deltas)
            self.assertFalse(self.connect(server, "admin", client=ann.client).cancel(held.id))
            self.assertTrue(held.cancel())
            deltas.close()

            self.allow(ann=False, admin=True, stranger=False)
            server.process.send_signal(signal.SIGHUP)
            server.event("reloaded")
            self.assertEqual(self.connect(server, "stranger").health()["status"], "ok")

            with self.assertRaises(ServerError) as raised:
                ann.drain()
            self.assertEqual(raised.exception.code, "forbidden")
            admin.drain()
            self.assertEqual(server.wait(), 0)

    def test_without_a_list_every_key_that_knows_the_servers_connects(self):
        with Server("--secret-key", f"{WORK}/server.secret") as server:
            with server.client(server_key=f"{WORK}/server.public") as client:
                self.assertEqual(client.generate_text(PROMPT, max_tokens=20), run_text(PROMPT, 20))
            with self.assertRaises(NoReply):
                with server.client(server_key=f"{WORK}/ann.public", timeout_s=0.1, tries=2) as wrong:
                    wrong.health()

    def test_a_file_that_is_no_key_is_refused_by_name(self):
        with self.assertRaises(TritwiseError) as raised:
            Client(server_key=TEXT)
        self.assertEqual(raised.exception.code, "bad_key")
        self.assertIn("text.trit", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
