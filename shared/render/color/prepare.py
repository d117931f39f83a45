#!/usr/bin/env python3
"""Writes srgb.icc: a minimal ICC profile (version 2.1, matrix and curve) of the sRGB space of IEC 61966-2-1."""
import struct
from pathlib import Path

STEPS = 1024
# Red, green and blue of IEC 61966-2-1, adapted to the profile's white point D50 by the Bradford method.
COLORANTS = {
    b"rXYZ": (0.43606567, 0.22248840, 0.01391602),
    b"gXYZ": (0.38514709, 0.71687317, 0.09707642),
    b"bXYZ": (0.14306641, 0.06060791, 0.71409607),
}
D50 = (0.96420288, 1.0, 0.82490540)


def linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz(values):
    return b"XYZ " + bytes(4) + b"".join(fixed(value) for value in values)


def description(text):
    data = text.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(data)) + data + bytes(4 + 4 + 2 + 1 + 67)


def main():
    curve = b"curv" + bytes(4) + struct.pack(">I", STEPS)
    curve += b"".join(struct.pack(">H", round(linear(step / (STEPS - 1)) * 65535)) for step in range(STEPS))
    tags = [(b"desc", description("sRGB IEC61966-2.1")), (b"cprt", b"text" + bytes(4) + b"No copyright, use freely\0")]
    tags += [(b"wtpt", xyz(D50))] + [(name, xyz(values)) for name, values in COLORANTS.items()]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, places = b"", b"", {}
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        if data not in places:
            body += bytes(-len(body) % 4)
            places[data] = start + len(body)
            body += data
        table += name + struct.pack(">II", places[data], len(data))
    body += bytes(-len(body) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s6H4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ",
                         2026, 1, 1, 0, 0, 0, b"acsp")
    header += bytes(4) + bytes(4) + bytes(4) + bytes(4) + bytes(8) + bytes(4) + b"".join(fixed(v) for v in D50)
    header += bytes(128 - len(header))
    Path(__file__).with_name("srgb.icc").write_bytes(header + struct.pack(">I", len(tags)) + table + body)


main()
