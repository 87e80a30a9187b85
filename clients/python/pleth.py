"""Sends readings to a pleth server and loses none of them.

    import pleth
    with pleth.Client("https://pleth.example:8080", token=open("token").read().strip(), spool="/var/spool/pleth") as client:
        client.send("ECG-001", time.time(), {"spo2": 90, "heart_rate": 130, "temperature_c": "38.5"})

Python 3.9 or later, standard library only. The promises are those of the Go package pleth/client:

- At least once. What send() has taken is kept, on disk where a spool is named, until the server has acknowledged it. A reading whose answer was
  lost is sent again with the same sequence number, so the server recognises it and counts it once.
- Nothing is dropped in silence. A full spool raises Full. What the server refuses is counted, handed to `refused`, and kept among the server's dead
  letters. A wrong address or token is not the readings' fault: they stay, stats()["last_error"] says what is wrong.
- send() returns when the record was written to the spool's file: it survives the death of the program. The file is synced every `sync` seconds,
  or before send() returns where `sync` is 0. Format: docs/formats/spool.md, shared with the Go package.

Values are numbers, decimal strings ("97.10" is sent as it stands), decimal.Decimal, or None for a sensor that was asked and had nothing to say.
"""

import datetime
import decimal
import email.utils
import http.client
import json
import os
import random
import re
import ssl
import struct
import threading
import time
import urllib.parse

try:
    import fcntl
except ImportError:  # not a Unix: give every client a spool of its own
    fcntl = None

__all__ = ["Client", "Full", "Closed", "Refusal", "SpoolInUse"]

_MAGIC = b"plethsp1"
_HEADER = 16
_HEAD = 8
_MAX_RECORD = 1 << 20
_DEVICE = re.compile(r"[A-Za-z0-9._\-:@~]{1,128}\Z")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_RESERVED = {"device_id", "timestamp", "seq", "firmware_version", "patient_id", ""}


class Full(Exception):
    """The spool, or the memory where there is none, holds as much as it may. The reading was not taken."""


class Closed(Exception):
    """The client is closed."""


class SpoolInUse(Exception):
    """Another client uses the spool."""


class Refusal:
    """A reading the server did not take: device, reading (a dict as it was sent), detail."""

    def __init__(self, device, reading, detail):
        self.device, self.reading, self.detail = device, reading, detail

    def __repr__(self):
        return "Refusal(%r, %r, %r)" % (self.device, self.reading, self.detail)


def _crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    return table


_CRC = _crc_table()


def _crc32c(data):
    crc, table = 0xFFFFFFFF, _CRC
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _stamp(when):
    """RFC 3339 in UTC of a datetime with a zone, seconds since 1970, or whole nanoseconds since 1970 (an int above 1e15)."""
    if isinstance(when, datetime.datetime):
        if when.tzinfo is None:
            raise ValueError("time %s has no zone" % when)
        delta = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        ns = (delta.days * 86400 + delta.seconds) * 10**9 + delta.microseconds * 1000
    elif isinstance(when, int) and abs(when) > 10**15:
        ns = when
    elif isinstance(when, (int, float)) and not isinstance(when, bool):
        ns = int(decimal.Decimal(repr(when)) * 10**9)
    else:
        raise TypeError("time: a datetime with a zone, seconds, or nanoseconds since 1970, not %r" % (when,))
    seconds, rest = divmod(ns, 10**9)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return text + (".%09d" % rest).rstrip("0").rstrip(".") + "Z"


def _number(name, value):
    if value is None:
        return "null"
    if isinstance(value, bool) or not isinstance(value, (int, float, str, decimal.Decimal)):
        raise TypeError("%s: a number, a decimal string or None, not %r" % (name, value))
    text = repr(value) if isinstance(value, float) else str(value)
    if not _NUMBER.match(text):
        raise ValueError("%s: %r is not a decimal number" % (name, value))
    return text


def _object(when, values, seq, firmware, patient):
    if not values:
        raise ValueError("a reading has at least one value")
    parts = ['"timestamp":"%s","seq":%d' % (_stamp(when), seq)]
    for name in sorted(values):
        if name in _RESERVED:
            raise ValueError("%r is not the name of a value" % name)
        parts.append("%s:%s" % (json.dumps(name), _number(name, values[name])))
    for name, text in (("firmware_version", firmware), ("patient_id", patient)):
        if text:
            parts.append('"%s":%s' % (name, json.dumps(text)))
    return ("{" + ",".join(parts) + "}").encode()


class _Memory:
    """The queue of a client without a spool."""

    def __init__(self, limit):
        self.limit, self.size, self.first, self.records, self.damaged = limit, 0, 1, [], 0

    @property
    def next(self):
        return self.first + len(self.records)

    def append(self, payload):
        if self.size + len(payload) > self.limit:
            raise Full("%d bytes wait in memory" % self.size)
        self.records.append(payload)
        self.size += len(payload)

    def read(self, n):
        return self.records[:n]

    def acknowledge(self, n):
        self.size -= sum(len(r) for r in self.records[:n])
        del self.records[:n]
        self.first += n

    def sync(self):
        pass

    def close(self):
        pass


class _Spool:
    """Records in append-only segment files. See docs/formats/spool.md."""

    def __init__(self, folder, limit):
        self.folder, self.limit, self.damaged = folder, limit, 0
        self.segment_bytes = max(min(8 << 20, limit // 8), 4096)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.lock = os.open(os.path.join(folder, "lock"), os.O_CREAT | os.O_RDWR, 0o600)
        if fcntl:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self.lock)
                raise SpoolInUse("spool %s is used by another client" % folder) from None
        self.file, self.dirty, self.segments = None, False, []  # segments: [first number, bytes]
        self.waiting = []  # payloads read ahead, from self.first on
        self._load()

    def _path(self, first):
        return os.path.join(self.folder, "%016x.seg" % first)

    def _load(self):
        firsts = sorted(int(n[:16], 16) for n in os.listdir(self.folder) if re.match(r"[0-9a-f]{16}\.seg\Z", n))
        cursor, self.next = self._load_cursor(), 1
        for first in firsts:
            count, size = self._check(first, first == firsts[-1])
            self.segments.append([first, size])
            self.next = first + count
        self.first = max(cursor, firsts[0] if firsts else 1, 1)
        if self.next < self.first or not firsts:
            # A power cut can take records that were acknowledged already:
            # their numbers are not given again.
            self.next = self.first
            self._roll()
        else:
            self.file = open(self._path(firsts[-1]), "ab", buffering=0)

    def _load_cursor(self):
        try:
            with open(os.path.join(self.folder, "cursor"), "rb") as f:
                b = f.read()
        except OSError:
            return 0
        if len(b) != 12 or struct.unpack("<I", b[8:])[0] != _crc32c(b[:8]):
            return 0
        return struct.unpack(">Q", b[:8])[0]

    def _check(self, first, last):
        """Walks a segment; returns how many records it holds in how many bytes, and cuts off what is none."""
        path = self._path(first)
        with open(path, "rb") as f:
            b = f.read()
        at, count, torn = 0, 0, len(b) < _HEADER
        if not torn and b[:8] == _MAGIC and struct.unpack(">Q", b[8:16])[0] == first:
            at = _HEADER
            while at < len(b):
                state, n = _record_at(b, at)
                if state in ("torn", "unreadable") or state == "damaged" and last and at + n == len(b):
                    torn = state != "unreadable"
                    break
                at += n
                count += 1
        if at == len(b):
            return count, at
        if not last or not torn:
            with open(path + ".damaged", "wb") as f:
                f.write(b[at:])
            if last:  # read counts the others: it knows how many they were
                self.damaged += 1
        if at == 0:
            with open(path, "wb") as f:
                f.write(_MAGIC + struct.pack(">Q", first))
            return 0, _HEADER
        os.truncate(path, at)
        return count, at

    def _roll(self):
        if self.file:
            self.sync()
            self.file.close()
        fd = os.open(self._path(self.next), os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
        self.file = open(fd, "ab", buffering=0)
        self.file.write(_MAGIC + struct.pack(">Q", self.next))
        self.dirty = True
        self.segments.append([self.next, _HEADER])
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @property
    def size(self):
        return sum(s[1] for s in self.segments)

    def append(self, payload):
        if len(payload) > _MAX_RECORD:
            raise ValueError("reading of %d bytes: at most %d" % (len(payload), _MAX_RECORD))
        need = _HEAD + len(payload)
        if self.size + need > self.limit:
            raise Full("spool %s holds %d bytes" % (self.folder, self.size))
        if self.segments[-1][1] + need > self.segment_bytes and self.segments[-1][1] > _HEADER:
            self._roll()
        record = struct.pack("<II", len(payload), _crc32c(payload)) + payload
        try:
            written = self.file.write(record)
            if written != need:
                raise OSError("wrote %d of %d bytes to the spool" % (written, need))
        except OSError:
            os.truncate(self._path(self.segments[-1][0]), self.segments[-1][1])  # a short write would hide what follows
            raise
        self.segments[-1][1] += need
        self.next += 1
        self.dirty = True

    def read(self, n):
        """Returns the first n payloads that wait; None for a damaged one."""
        while len(self.waiting) < n and self.first + len(self.waiting) < self.next:
            number = self.first + len(self.waiting)
            i = max(i for i, s in enumerate(self.segments) if s[0] <= number)
            end = self.segments[i + 1][0] if i + 1 < len(self.segments) else self.next
            payloads = self._read_segment(i)
            payloads += [None] * (end - self.segments[i][0] - len(payloads))
            self.waiting += payloads[number - self.segments[i][0] :]
        return self.waiting[:n]

    def _read_segment(self, i):
        first, size = self.segments[i]
        with open(self._path(first), "rb") as f:
            b = f.read(size)
        out, at = [], _HEADER
        while at < len(b):
            state, n = _record_at(b, at)
            if state in ("torn", "unreadable"):
                break
            out.append(b[at + _HEAD : at + n] if state == "whole" else None)
            at += n
        return out

    def acknowledge(self, n):
        self.first += n
        del self.waiting[:n]
        if self.first == self.next and self.segments[-1][1] > self.segment_bytes // 2:
            self._roll()  # so that a spool that is empty is small
        # No sync: an older cursor only sends again what the server recognises.
        number = struct.pack(">Q", self.first)
        path = os.path.join(self.folder, "cursor")
        fd = os.open(path + ".new", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with open(fd, "wb") as f:
            f.write(number + struct.pack("<I", _crc32c(number)))
        os.replace(path + ".new", path)
        while len(self.segments) > 1 and self.segments[1][0] <= self.first:
            os.remove(self._path(self.segments.pop(0)[0]))

    def sync(self):
        if self.dirty:
            os.fsync(self.file.fileno())
            self.dirty = False

    def close(self):
        try:
            self.sync()
        finally:
            self.file.close()
            os.close(self.lock)


def _record_at(b, at):
    if len(b) - at < _HEAD:
        return "torn", 0
    n, crc = struct.unpack_from("<II", b, at)
    if n == 0 and not b[at:].strip(b"\0"):
        return "torn", 0  # a file grown, never written
    if n == 0 or n > _MAX_RECORD:
        return "unreadable", 0
    if n > len(b) - at - _HEAD:
        return "torn", 0
    end = at + _HEAD + n
    return ("whole" if _crc32c(b[at + _HEAD : end]) == crc else "damaged"), end - at


class _Failed(Exception):
    def __init__(self, text, retry_after=0.0, too_much=False):
        super().__init__(text)
        self.retry_after, self.too_much = retry_after, too_much


class Client:
    """Sends readings to one server. Its methods may be called by several threads at a time.

    url          of the server, "https://pleth.example:8080"
    token        bearer token; empty: none is sent
    spool        folder in which readings wait; one client at a time uses it. None: they wait in memory
    spool_bytes  bounds the spool (default 1 GiB) or the memory (default 64 MiB)
    sync         seconds between syncs of the spool to the disk; 0: before send() returns
    batch_size   how many readings of a device go in one request
    batch_wait   seconds a reading waits for others
    timeout      seconds for one request
    backoff      bounds in seconds of the wait after a failure; it doubles and is spread at random. Retry-After is kept to
    refused      called with a Refusal for every reading the server did not take, from the client's thread
    context      ssl.SSLContext for https; None: the system's certificates, TLS 1.3
    """

    def __init__(self, url, token="", spool=None, spool_bytes=0, sync=1.0, batch_size=500, batch_wait=0.2, timeout=30.0,
                 backoff=(0.1, 30.0), refused=None, context=None):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url %r: write http://host:port or https://host:port" % url)
        self._parts, self._token, self._timeout, self._context = parts, token, timeout, context
        self._batch_size, self._batch_wait, self._backoff, self._refused = batch_size, batch_wait, backoff, refused
        self._sync, self._connection = sync, None
        self._queue = _Spool(spool, spool_bytes or 1 << 30) if spool else _Memory(spool_bytes or 64 << 20)
        self._lock = threading.Condition()
        self._closed = self._stop = False
        self._urgent, self._oldest, self._synced, self._failed = 0, time.monotonic(), time.monotonic(), None
        self._stats = dict(taken=0, acknowledged=0, duplicates=0, refused=0, damaged=0, retries=0, last_error=None)
        self._thread = threading.Thread(target=self._run, name="pleth client", daemon=True)
        self._thread.start()

    def send(self, device, when, values, seq=None, firmware="", patient=""):
        """Takes one reading. Raises Full, Closed, OSError (the spool), ValueError or TypeError (the reading)."""
        if not _DEVICE.match(device):
            raise ValueError("device %r: 1 to 128 letters, digits and . _ - : @ ~ of ASCII" % device)
        with self._lock:
            if self._closed:
                raise Closed("the client is closed")
            if self._failed:
                raise self._failed
            number = self._queue.next if seq is None else seq
            payload = bytes([len(device)]) + device.encode() + _object(when, values, number, firmware, patient)
            if self._queue.next == self._queue.first:
                self._oldest = time.monotonic()
            self._queue.append(payload)
            if self._sync == 0:
                self._queue.sync()
            self._stats["taken"] += 1
            self._lock.notify_all()

    def flush(self, timeout=None):
        """Waits until everything taken so far is acknowledged or refused. Returns False when timeout (seconds) ends first."""
        with self._lock:
            to = self._queue.next
            self._urgent += 1
            self._lock.notify_all()
            try:
                self._lock.wait_for(lambda: self._queue.first >= to or self._failed, timeout)
            finally:
                self._urgent -= 1
            if self._failed:
                raise self._failed
            return self._queue.first >= to

    def close(self, timeout=None):
        """Refuses further readings, flushes, stops. Returns how many readings are left in the spool (in memory: are lost)."""
        with self._lock:
            if self._stop:
                return 0
            self._closed = True
        try:
            self.flush(timeout)
        finally:
            with self._lock:
                self._stop = True
                self._lock.notify_all()
            self._thread.join()
            left = self._queue.next - self._queue.first
            self._queue.close()
        return left

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close(timeout=None if kind is None else 0)

    def stats(self):
        """Returns how things stand: taken, acknowledged, duplicates, refused, damaged, retries, last_error, pending, pending_bytes."""
        with self._lock:
            return dict(self._stats, pending=self._queue.next - self._queue.first, pending_bytes=self._queue.size,
                        damaged=self._stats["damaged"] + self._queue.damaged)

    # The rest runs in the client's thread.

    def _run(self):
        try:
            while True:
                with self._lock:
                    if not self._await():
                        return
                    payloads = list(self._queue.read(self._batch_size))
                if not self._send_window(payloads):
                    return
                with self._lock:
                    self._queue.acknowledge(len(payloads))
                    self._oldest = time.monotonic()
                    self._lock.notify_all()
        except OSError as e:
            with self._lock:
                self._failed = e
                self._lock.notify_all()
        finally:
            if self._connection:
                self._connection.close()

    def _await(self):
        while not self._stop:
            now = time.monotonic()
            if now - self._synced >= self._sync:
                self._queue.sync()
                self._synced = now
            waiting = self._queue.next - self._queue.first
            wait = self._batch_wait - (now - self._oldest)
            if waiting >= self._batch_size or waiting and (self._urgent or wait <= 0):
                return True
            self._lock.wait(min(wait, 1.0) if waiting else 1.0)
        return False

    def _send_window(self, payloads):
        batches = {}
        for p in payloads:
            if p is None or len(p) <= p[0]:
                self._count("damaged")
                continue
            batches.setdefault(p[1 : 1 + p[0]].decode(), []).append(p[1 + p[0] :])
        return all(self._send_batch(device, objects) for device, objects in batches.items())

    def _send_batch(self, device, objects):
        attempt = 0
        while not self._stop:
            try:
                self._settle(device, objects, *self._post(device, objects))
                with self._lock:
                    self._stats["last_error"] = None
                return True
            except _Failed as e:
                with self._lock:
                    self._stats["last_error"] = e
                if e.too_much and len(objects) > 1:  # one of them is the matter: find it
                    half = len(objects) // 2
                    return self._send_batch(device, objects[:half]) and self._send_batch(device, objects[half:])
                if e.too_much:
                    self._refuse(device, objects[0], str(e))
                    return True
                bound = min(self._backoff[1], self._backoff[0] * 2 ** min(attempt, 20))
                wait = bound * (0.25 + 0.75 * random.random())
                if e.retry_after:
                    wait = e.retry_after + bound * random.random() / 4
                attempt += 1
                self._count("retries")
                with self._lock:
                    self._lock.wait_for(lambda: self._stop, wait)
        return False

    def _post(self, device, objects):
        """Returns (results or None, number of duplicates, why all were refused or ""). Raises _Failed."""
        path = self._parts.path.rstrip("/") + "/api/v1/devices/" + urllib.parse.quote(device, safe="") + "/readings"
        headers = {"Content-Type": "application/json", "Prefer": "return=minimal"}  # results only where something was refused
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("POST", path, b"[" + b",".join(objects) + b"]", headers)
            response = self._connection.getresponse()
            text = response.read(64 << 20)
        except (OSError, http.client.HTTPException) as e:
            self._connection.close()
            self._connection = None
            raise _Failed("%s: %s" % (self._parts.netloc, e)) from e
        results, duplicates = None, 0
        try:
            said = json.loads(text)
            results, duplicates = said.get("results"), int(said.get("duplicate", 0))
        except (ValueError, AttributeError, TypeError):
            pass
        if not isinstance(results, list) or len(results) != len(objects):
            results = None
        said = "%s answers %d: %s" % (self._parts.netloc, response.status, text[:500].decode("utf-8", "replace").strip())
        if response.status in (200, 201, 204) or response.status == 207 and results:
            return results, duplicates, ""
        if response.status == 422:
            return results, 0, said
        raise _Failed(said, _retry_after(response.getheader("Retry-After")), response.status in (207, 400, 413, 415))

    def _connect(self):
        port = self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(self._parts.hostname, port, timeout=self._timeout)
        context = self._context
        if context is None:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        return http.client.HTTPSConnection(self._parts.hostname, port, timeout=self._timeout, context=context)

    def _settle(self, device, objects, results, duplicates, why):
        if results is None and not why:
            self._count("acknowledged", len(objects))
            self._count("duplicates", duplicates)
            return
        for i, o in enumerate(objects):
            r = results[i] if results else {"status": "refused", "errors": why}
            if r.get("status") == "refused":
                self._refuse(device, o, r.get("errors") or "")
                continue
            self._count("acknowledged")
            if r.get("status") == "duplicate":
                self._count("duplicates")

    def _refuse(self, device, reading, detail):
        self._count("refused")
        if self._refused:
            self._refused(Refusal(device, json.loads(reading), detail))

    def _count(self, name, n=1):
        with self._lock:
            self._stats[name] += n


def _retry_after(header):
    if not header:
        return 0.0
    try:
        return max(0.0, min(float(header), 1e6))
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(header)
        return max(0.0, when.timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
