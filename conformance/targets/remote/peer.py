"""CPython at the other end of a connection: `peer.py listen|connect AUTHKEY ADDRESS`, the address JSON.

It says where it listens, or what came of connecting, and sends back what comes: bytes until an empty message, or
with `values`, what was unpickled until None.
"""

import json
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener


def say(value):
    print(json.dumps(value), flush=True)


def echo(connection, values):
    while True:
        if values:
            value = connection.recv()
            connection.send(value)
            if value is None:
                break
        else:
            message = connection.recv_bytes()
            connection.send_bytes(message)
            if not message:
                break
    connection.close()


def main(role, authkey, address, *rest):
    key = authkey.encode()
    place = json.loads(address)
    place = tuple(place) if isinstance(place, list) else place
    values = "values" in rest
    try:
        if role == "listen":
            with Listener(place, authkey=key) as listener:
                where = listener.address
                say(list(where) if isinstance(where, tuple) else where)
                echo(listener.accept(), values)
        else:
            echo(Client(place, authkey=key), values)
        say("done")
    except AuthenticationError as error:
        say(f"AuthenticationError: {error}")
    except EOFError as error:
        say("EOFError")


main(*sys.argv[1:])
