"""Makes a mongod on this machine a replica set of one, where it is none yet, and waits until it takes writes.

    replica_set.py PORT
"""

import sys
import time

from pymongo import MongoClient
from pymongo.errors import OperationFailure

ALREADY_INITIALIZED = 23
LIMIT_SECONDS = 20


def main(port: int) -> None:
    host = f"127.0.0.1:{port}"
    client = MongoClient(host, directConnection=True, serverSelectionTimeoutMS=LIMIT_SECONDS * 1000)
    try:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": host}]})
    except OperationFailure as failure:
        if failure.code != ALREADY_INITIALIZED:
            raise
    deadline = time.monotonic() + LIMIT_SECONDS
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            sys.exit(f"{host} did not become the primary within {LIMIT_SECONDS} s")
        time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]))
