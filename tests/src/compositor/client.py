"""Speaks Wayland by itself: connects, makes a registry, and prints what it was told of. Then does what its argument says, in
Python, and prints whether the compositor still answers."""

import array
import itertools
import os
import socket
import struct
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(os.path.join(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"]))
connection.settimeout(20)

# Compositors take ids in their order only.
ids = itertools.count(2)


def words(*numbers):
    return struct.pack("=%dI" % len(numbers), *numbers)


def text(string):
    encoded = string.encode() + b"\0"
    return words(len(encoded)) + encoded + bytes(-len(encoded) % 4)


def message(number, opcode, arguments=b""):
    return words(number, (8 + len(arguments)) << 16 | opcode) + arguments


def say(number, opcode, arguments=b""):
    connection.sendall(message(number, opcode, arguments))


def send(data, descriptors):
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    connection.sendmsg([data], [rights])


def get_registry():
    new = next(ids)
    say(1, 1, words(new))
    return new


def binding(registry, name, interface, version, new):
    return message(registry, 0, words(name) + text(interface) + words(version, new))


def bind(registry, name, interface, version=1):
    new = next(ids)
    connection.sendall(binding(registry, name, interface, version, new))
    return new


def memory():
    descriptor = os.memfd_create("pool")
    os.ftruncate(descriptor, 4096)
    return descriptor


def take(length):
    taken = b""
    while len(taken) < length:
        part = connection.recv(length - len(taken))
        if not part:
            raise EOFError
        taken += part
    return taken


def hear():
    number, word = struct.unpack("=2I", take(8))
    return number, word & 0xFFFF, take((word >> 16) - 8)


def answer():
    """All that comes before the compositor answers."""
    callback = next(ids)
    say(1, 0, words(callback))
    heard = []
    while True:
        number, opcode, arguments = hear()
        if (number, opcode) == (1, 0):
            print(arguments[12:], file=sys.stderr)
            raise EOFError
        if number == callback:
            return heard
        heard.append((number, opcode, arguments))


def told(registry):
    """What this registry announces: numbers by interface."""
    numbers = {}
    for number, opcode, arguments in answer():
        if (number, opcode) == (registry, 0):
            name, length = struct.unpack("=2I", arguments[:8])
            numbers[arguments[8 : 7 + length].decode()] = name
    return numbers


registry = get_registry()
known = told(registry)
print(" ".join(sorted(known)))
try:
    for attempt in sys.argv[1:]:
        exec(attempt)
    answer()
    print("alive")
except (EOFError, OSError):
    print("cut")
