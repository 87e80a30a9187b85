"""Tests of pleth.py: python3 -m unittest, in this folder."""

import datetime
import decimal
import glob
import http.server
import json
import os
import tempfile
import threading
import time
import unittest

import pleth

START = 1768428000


class Server(http.server.ThreadingHTTPServer):
    """Keeps readings as pleth does: by device, time and sequence number."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept, self.requests, self.trouble, self.lock = {}, 0, lambda n: None, threading.Lock()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        s = self.server
        with s.lock:
            s.requests += 1
            trouble = s.trouble(s.requests)
        if trouble == "away":
            self.close_connection = True
            return
        if isinstance(trouble, tuple):
            return self.answer(*trouble)
        results, refused, duplicates = [], 0, 0
        with s.lock:
            for i, o in enumerate(json.loads(body, parse_float=decimal.Decimal)):
                key = (self.path, o["timestamp"], o["seq"])
                if (o.get("spo2") or 0) > 100:
                    status, refused = "refused", refused + 1
                else:
                    status = "duplicate" if key in s.kept else "accepted"
                    duplicates += key in s.kept
                    s.kept[key] = o
                results.append({"index": i, "status": status})
        if trouble == "answer lost":
            self.close_connection = True
            return
        status = 201 if not refused else 422 if refused == len(results) else 207
        said = {"accepted": len(results) - refused - duplicates, "duplicate": duplicates, "refused": refused}
        if refused:
            said["results"] = results
        said = json.dumps(said).encode()
        self.answer(status, [("Content-Type", "application/json")], said)


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = os.path.join(folder.name, "spool")

    def client(self, **options):
        options.setdefault("backoff", (0.001, 0.005))
        options.setdefault("batch_wait", 0.001)
        return pleth.Client(self.server.url, **options)

    def send(self, client, start, end):
        for i in range(start, end):
            client.send("dev-%d" % (i % 3), START + i, {"spo2": 90 + i % 10, "pulse_rate": None})

    def test_nothing_is_lost_when_answers_are(self):
        self.server.trouble = lambda n: {1: (503,), 2: "away", 3: "answer lost"}.get(n % 5)
        client = self.client(spool=self.spool, batch_size=20)
        self.send(client, 0, 500)
        self.assertEqual(client.close(), 0)
        stats = client.stats()
        self.assertEqual((len(self.server.kept), stats["acknowledged"], stats["pending"]), (500, 500, 0))
        self.assertGreater(stats["duplicates"], 0)
        self.assertGreater(stats["retries"], 0)

    def test_resumes_after_a_restart(self):
        self.server.trouble = lambda n: "away"
        client = self.client(spool=self.spool, sync=0)
        self.send(client, 0, 100)
        self.assertEqual(client.close(timeout=0), 100)
        with self.assertRaises(pleth.Closed):
            self.send(client, 0, 1)
        self.server.trouble = lambda n: None
        with self.client(spool=self.spool) as client:
            self.send(client, 100, 150)
        self.assertEqual(sorted(o["seq"] for o in self.server.kept.values()), list(range(1, 151)))

    def test_retry_after_is_kept(self):
        came = []

        def trouble(n):
            came.append(time.monotonic())
            return (429, [("Retry-After", "0.2")]) if n == 1 else None

        self.server.trouble = trouble
        with self.client() as client:
            self.send(client, 0, 1)
        self.assertGreaterEqual(came[1] - came[0], 0.2)

    def test_refused_readings_are_told(self):
        told = []
        with self.client(batch_wait=60, refused=told.append) as client:
            self.send(client, 0, 9)
            client.send("dev-0", START + 10, {"spo2": 120})
        stats = client.stats()
        self.assertEqual((stats["refused"], stats["acknowledged"], len(told)), (1, 9, 1))
        self.assertEqual(told[0].reading["spo2"], 120)

    def test_a_body_the_server_cannot_read_is_halved(self):
        self.server.trouble = lambda n: (413,) if n <= 3 else None
        with self.client(batch_wait=60) as client:
            for i in range(16):
                client.send("dev", START + i, {"spo2": 97})
        self.assertEqual(len(self.server.kept), 16)

    def test_a_full_spool_says_so(self):
        self.server.trouble = lambda n: "away"
        for spool in (None, self.spool):
            client = self.client(spool=spool, spool_bytes=20000)
            with self.assertRaises(pleth.Full):
                self.send(client, 0, 1000)
            self.assertLessEqual(client.stats()["pending_bytes"], 20000)
            client.close(timeout=0)

    def test_damage_in_the_spool(self):
        def bit(at, mask):
            def change(b):
                b = bytearray(b)
                b[at] ^= mask
                return bytes(b)

            return change

        for name, change, kept, lost in (
            ("whole", lambda b: b, 50, 0),
            ("torn last record", lambda b: b[:-7], 49, 0),
            ("grown with nothing", lambda b: b + bytes(4096), 50, 0),
            ("a bit in a record", bit(16 + 8 + 30, 4), 49, 1),
            ("a bit in a length", bit(16 + 3, 64), 0, 1),
            ("header gone", lambda b: b"notpleth" + b[8:], 0, 1),
        ):
            with self.subTest(name):
                self.server.kept.clear()
                self.server.trouble = lambda n: "away"
                spool = os.path.join(self.spool, name)
                client = self.client(spool=spool)
                self.send(client, 0, 50)
                client.close(timeout=0)
                (path,) = glob.glob(os.path.join(spool, "*.seg"))
                with open(path, "rb") as f:
                    b = f.read()
                with open(path, "wb") as f:
                    f.write(change(b))
                self.server.trouble = lambda n: None
                with self.client(spool=spool) as client:
                    self.send(client, 50, 60)
                self.assertEqual((len(self.server.kept), client.stats()["damaged"]), (kept + 10, lost))

    def test_one_client_per_spool(self):
        with self.client(spool=self.spool):
            with self.assertRaises(pleth.SpoolInUse):
                self.client(spool=self.spool)

    def test_many_segments(self):
        self.server.trouble = lambda n: "away"
        client = self.client(spool=self.spool, spool_bytes=64000)
        self.send(client, 0, 300)
        client.close(timeout=0)
        self.assertGreater(len(glob.glob(os.path.join(self.spool, "*.seg"))), 2)
        self.server.trouble = lambda n: None
        with self.client(spool=self.spool, spool_bytes=64000, batch_size=7):
            pass
        self.assertEqual(len(self.server.kept), 300)
        self.assertEqual(len(glob.glob(os.path.join(self.spool, "*.seg"))), 1)

    def test_what_is_no_reading(self):
        with self.client() as client:
            for device, when, values in (
                ("", START, {"spo2": 97}),
                ("Müller", START, {"spo2": 97}),
                ("dev", datetime.datetime(2026, 1, 1), {"spo2": 97}),
                ("dev", "now", {"spo2": 97}),
                ("dev", START, {}),
                ("dev", START, {"seq": 97}),
                ("dev", START, {"spo2": "97%"}),
                ("dev", START, {"spo2": float("nan")}),
                ("dev", START, {"spo2": True}),
            ):
                with self.subTest(values), self.assertRaises((ValueError, TypeError)):
                    client.send(device, when, values)

    def test_numbers_and_times_keep_their_digits(self):
        utc = datetime.timezone.utc
        with self.client() as client:
            client.send("dev", datetime.datetime(2025, 11, 28, 20, 15, tzinfo=utc), {"temperature_c": 38.5, "rso2": "71.250"}, seq=7)
            client.send("dev", 1672531200000000001, {"local_tissue_o2": decimal.Decimal("36.5")}, seq=8, firmware="1.2.3")
            client.send("dev", 1672531200.25, {"spo2": 97}, seq=9)
        kept = {o["seq"]: o for o in self.server.kept.values()}
        self.assertEqual(kept[7], {"timestamp": "2025-11-28T20:15:00Z", "seq": 7, "temperature_c": decimal.Decimal("38.5"), "rso2": decimal.Decimal("71.250")})
        self.assertEqual(kept[8]["timestamp"], "2023-01-01T00:00:00.000000001Z")
        self.assertEqual(kept[8]["firmware_version"], "1.2.3")
        self.assertEqual(kept[9]["timestamp"], "2023-01-01T00:00:00.25Z")


if __name__ == "__main__":
    unittest.main()
