"""What Python callers of tritwise.py rely on: module.py TEXT.trit ROWS.trit. One assertion's line on failure."""

import pathlib
import sys
import threading
import unittest

import tritwise

TEXT, ROWS = sys.argv[1:3]


class ModelTest(unittest.TestCase):
    def test_bytes_compute_what_the_file_does(self) -> None:
        data = pathlib.Path(TEXT).read_bytes()
        session = tritwise.Model(data).session()  # the model's name goes, its bytes stay
        self.assertEqual(session.generate("hello", 20), tritwise.Model(TEXT).session().generate("hello", 20))
        with self.assertRaises(tritwise.Error) as raised:
            tritwise.Model(data[:-1])
        self.assertEqual(raised.exception.status, tritwise.Status.CORRUPT)

    def test_text_and_ids_are_each_others_inverse(self) -> None:
        model = tritwise.Model(TEXT)
        text = "the quick brown fox \u00e4\u20ac"
        self.assertEqual(model.detokenize(model.tokenize(text)).decode(), text)
        self.assertEqual(model.tokenize(text, begin=True), [model.begin_id, *model.tokenize(text)])
        self.assertIn(model.end_id, model.tokenize("a</s>", special=True))
        self.assertNotIn(model.end_id, model.tokenize("a</s>"))

    def test_metadata_and_sizes(self) -> None:
        model = tritwise.Model(ROWS)
        self.assertEqual((model.reads_tokens, model.has_vocabulary, model.begin_id), (False, False, None))
        self.assertEqual((model.context, model.input_width, model.output_width), (0, 50, 10))
        self.assertEqual((model.metadata("origin"), model.metadata("colour")), ("random", None))


class SessionTest(unittest.TestCase):
    def test_tokens_come_one_by_one_and_false_stops(self) -> None:
        session = tritwise.Model(TEXT).session()
        whole = session.generate("hello", 20)
        self.assertEqual((len(whole.tokens), whole.finish), (20, tritwise.Finish.LENGTH))
        session.reset()
        heard: list[int] = []
        some = session.generate("hello", 20, lambda token, _text: heard.append(token) or len(heard) < 3)
        self.assertEqual((heard, some.tokens, some.finish), (whole.tokens[:3], heard, tritwise.Finish.STOPPED))
        self.assertEqual(session.generate([], 17).tokens, whole.tokens[3:])

    def test_what_a_callback_raises_arrives(self) -> None:
        def fail(_token: int, _text: str) -> None:
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            tritwise.Model(TEXT).session().generate("hello", 20, fail)

    def test_reading_leads_to_the_token_that_generating_gives(self) -> None:
        model = tritwise.Model(TEXT)
        session = model.session()
        logits = session.read(model.tokenize("hello", begin=True))
        position = session.position
        self.assertEqual(session.generate([], 1).tokens, [logits.index(max(logits))])
        session.truncate(position - 1)
        self.assertEqual(session.read(model.tokenize("hello")[-1:]), logits)

    def test_options_reach_the_session(self) -> None:
        model = tritwise.Model(TEXT)
        session = model.session(threads=2, context=40, cache=tritwise.Cache.INT8)
        self.assertEqual((session.threads, session.context), (2, 40))
        self.assertLess(session.memory_bytes, model.session(threads=2, context=40).memory_bytes)
        with self.assertRaisesRegex(tritwise.Error, "top_p"):
            model.session(top_p=2.0)

    def test_a_text_can_be_kept_to_json(self) -> None:
        session = tritwise.Model(TEXT).session(json=True, temperature=1.0, seed=3)
        self.assertRegex(session.generate("hello", 1).text, r"""^[\s\[{"\-0-9tfn]""")
        with self.assertRaisesRegex(tritwise.Error, "format"):
            tritwise.Model(ROWS).session(json=True)

    def test_numbers_that_c_cannot_hold_are_refused(self) -> None:
        session = tritwise.Model(TEXT).session()
        with self.assertRaises(ValueError):
            session.generate([1 << 32], 1)
        with self.assertRaises(ValueError):
            session.generate("a", (1 << 32) + 1)

    def test_sessions_work_in_several_threads(self) -> None:
        model = tritwise.Model(TEXT)
        expected = model.session().generate("hello", 20)
        got: list[tritwise.Generated] = []
        threads = [
            threading.Thread(target=lambda: got.append(model.session(threads=1).generate("hello", 20)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got, [expected] * 4)

    def test_rows_are_classified_by_their_highest_score(self) -> None:
        rows = [[(i * row % 5) / 3 for i in range(50)] for row in range(1, 100)]
        session = tritwise.Model(ROWS).session(max_rows=16)
        scores = session.score(rows)
        self.assertEqual((len(scores), len(scores[0])), (99, 10))
        self.assertEqual(session.score(rows[40:41]), scores[40:41])
        self.assertEqual(session.classify(rows), [row.index(max(row)) for row in scores])
        self.assertEqual(session.score([]), [])
        with self.assertRaisesRegex(tritwise.Error, "generates nothing"):
            session.generate("a", 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
