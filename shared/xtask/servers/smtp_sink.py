"""A mail server on this machine for tests: it writes every message that it accepts into a folder, one .eml each,
with the envelope in front (X-Envelope-From, X-Envelope-To), and misbehaves where the recipient's local part says so:

    slow-N          waits N seconds before it answers the end of the data
    later-N         answers 451 the first N times that a Message-ID arrives
    refused         answers 550 to RCPT
    dropped-before  closes the connection at the end of the data, the first time that a Message-ID arrives
    dropped-after   keeps the message and then closes the connection, the first time that a Message-ID arrives

Everybody has to log in as `invoices`, and only over TLS. Settings come from the environment, see main().
"""

import asyncio
import os
import re
import signal
import ssl
import warnings
from collections import Counter
from email import message_from_bytes
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

USER = b"invoices"


class Sink:
    """Keeps messages. aiosmtpd calls the methods named handle_*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)
        self.arrivals: Counter[tuple[str, str]] = Counter()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if local_part(address) == "refused":
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message_id = message_from_bytes(envelope.content).get("Message-ID", "")
        for address in envelope.rcpt_tos:
            self.arrivals[address, message_id] += 1
            arrival = self.arrivals[address, message_id]
            name = local_part(address)
            if slow := re.fullmatch(r"slow-(\d+)", name):
                await asyncio.sleep(int(slow[1]))
            elif (later := re.fullmatch(r"later-(\d+)", name)) and arrival <= int(later[1]):
                return "451 4.3.0 Try again later"
            elif name == "dropped-before" and arrival == 1:
                return hang_up(server)
            elif name == "dropped-after" and arrival == 1:
                self.keep(envelope)
                return hang_up(server)
        self.keep(envelope)
        return "250 2.0.0 OK"

    def keep(self, envelope) -> None:
        """Whoever watches the folder sees whole messages only."""
        name = f"{next(self.numbers):06}.eml"
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        unfinished = self.folder / f".{name}"
        unfinished.write_bytes(head.encode() + envelope.content)
        unfinished.rename(self.folder / name)


def local_part(address: str) -> str:
    return address.rpartition("@")[0]


def hang_up(server) -> str:
    server.transport.abort()
    return "421 4.3.0 Nobody hears this"


def authenticator(password: bytes):
    def authenticate(server, session, envelope, mechanism, auth_data):
        matches = (auth_data.login, auth_data.password) == (USER, password)
        # Not handled: it still has to answer the client.
        return AuthResult(success=matches, handled=False)

    return authenticate


async def serve(sink: Sink, port: int, tls_port: int, password: bytes, tls: ssl.SSLContext) -> None:
    always = {
        "hostname": "localhost",
        "enable_SMTPUTF8": True,
        "auth_required": True,
        "authenticator": authenticator(password),
    }
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(sink, tls_context=tls, require_starttls=True, **always), "127.0.0.1", port)
    # aiosmtpd knows of STARTTLS only: a connection that begins with TLS it takes for a plain one.
    warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
    await loop.create_server(lambda: SMTP(sink, auth_require_tls=False, **always), "127.0.0.1", tls_port, ssl=tls)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


def main() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(os.environ["SINK_CERTIFICATE"], os.environ["SINK_KEY"])
    folder = Path(os.environ["SINK_FOLDER"])
    numbers = (path.stem.lstrip(".") for path in folder.glob("*.eml"))
    sink = Sink(folder)
    sink.numbers = count(max(map(int, numbers), default=0) + 1)
    password = os.environ["SINK_PASSWORD"].encode()
    asyncio.run(serve(sink, int(os.environ["SINK_PORT"]), int(os.environ["SINK_TLS_PORT"]), password, tls))


if __name__ == "__main__":
    main()
