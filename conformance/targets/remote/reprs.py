"""CPython as a client that says how it sees what it is sent, `reprs.py AUTHKEY ADDRESS`; the address JSON.

To a tuple that begins with "give" it answers with objects that are more than plain data, and one that isn't.
"""

import collections
import json
import sys
import types
from multiprocessing.connection import Client

_, authkey, address = sys.argv
connection = Client(json.loads(address), authkey=authkey.encode())
while True:
    value = connection.recv()
    if isinstance(value, tuple) and value[:1] == ("give",):
        for one in (collections.OrderedDict(a=1), types.SimpleNamespace(a=1), print, 1j, [1, "goes on"]):
            connection.send(one)
        continue
    connection.send(repr(value))
    if value == "end":
        break
connection.close()
