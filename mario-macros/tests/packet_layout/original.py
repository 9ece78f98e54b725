"""Writes each packet to standard output, as the wire's description reads to someone who has only Python."""

import struct
import sys


def text(value, prefix="<H"):
    encoded = value.encode()
    return struct.pack(prefix, len(encoded)) + encoded


def listed(layout, items, prefix="<H"):
    return struct.pack(prefix, len(items)) + b"".join(struct.pack(layout, item) for item in items)


profile = b"".join(
    [
        struct.pack("<I?", 7, True),
        text("Müller"),
        text("short", "<B"),
        text("long", "<I"),
        struct.pack(">H", 8082),
        text("network", ">H"),
        listed("<q", [-1, 2]),
        listed(">I", [1, 2, 3], ">H"),
        struct.pack("<B", 0),
        struct.pack("<BI", 1, 99),
        struct.pack("<H", 2) + text("one") + text("two"),
        struct.pack("<hf", -300, 0.25),
        b"the rest",
    ]
)

sys.stdout.buffer.write(profile)
