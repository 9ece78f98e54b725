"""Reads packets, one a line in hexadecimal, as the wire's description reads to someone who has only Python. Prints for each
the values of its fields, or that it is refused."""

import struct
import sys


class Refused(Exception):
    pass


class Reader:
    def __init__(self, payload):
        self.left = payload

    def take(self, count):
        if count > len(self.left):
            raise Refused
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self, layout):
        (number,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return number

    def flag(self):
        flag = self.number("<B")
        if flag > 1:
            raise Refused
        return flag

    def text(self, prefix="<H"):
        text = self.take(self.number(prefix))
        try:
            text.decode()
        except UnicodeDecodeError:
            raise Refused
        return text.hex()

    def listed(self, item, prefix="<H"):
        return ",".join([str(item()) for _ in range(self.number(prefix))])

    def option(self, layout):
        return self.number(layout) if self.flag() else "none"


def profile(payload):
    read = Reader(payload)
    return [
        read.number("<I"),
        read.flag(),
        read.text(),
        read.text("<B"),
        read.text("<I"),
        read.number(">H"),
        read.text(">H"),
        read.listed(lambda: read.number("<q")),
        read.listed(lambda: read.number(">I"), ">H"),
        read.option("<I"),
        read.option("<I"),
        read.listed(read.text),
        read.number("<h"),
        read.take(4).hex(),
        read.left.hex(),
    ]


for line in sys.stdin:
    try:
        print(" ".join(str(value) for value in profile(bytes.fromhex(line.strip()))))
    except Refused:
        print("refused")
