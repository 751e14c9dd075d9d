"""Hide the C and simdjson symbols that a shared library exports without meaning to.

usage: hide_symbols.py LIBRARY OUT

libparquet of the pyarrow wheel exports all of the OpenSSL and simdjson that it bundles. In one process with Debian's
own libcrypto (curl, gRPC, librdkafka) or simdjson, calls of one would bind to the other. This sets STV_HIDDEN on every
defined, non-local symbol of .dynsym that has no C++ name, and on those of simdjson: the dynamic linker then finds
nobody else's and gives nobody ours. Reads 64-bit little-endian ELF; see elf(5) for the structures.
"""

import struct
import sys
from collections import namedtuple

Section = namedtuple("Section", "name type flags address offset size link info alignment entry_size")
SECTION_FORMAT = "<IIQQQQIIQQ"
SYMBOL_FORMAT = "<IBBHQQ"  # name, info, other, section, value, size
SHT_DYNSYM, STB_LOCAL, SHN_UNDEF, STV_HIDDEN = 11, 0, 0, 2
NEEDED_BY_THE_LOADER = (b"_init", b"_fini")


def read_sections(image):
    table, = struct.unpack_from("<Q", image, 0x28)
    count, = struct.unpack_from("<H", image, 0x3C)
    size = struct.calcsize(SECTION_FORMAT)
    return [Section(*struct.unpack_from(SECTION_FORMAT, image, table + i * size)) for i in range(count)]


def is_unintended(name):
    return b"simdjson" in name or not (name.startswith(b"_Z") or name in NEEDED_BY_THE_LOADER)


def hide_symbols(image):
    """Changes image (a bytearray) in place; returns how many symbols were hidden."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("hide_symbols.py: not a 64-bit little-endian ELF file")
    sections = read_sections(image)
    symbols = next(section for section in sections if section.type == SHT_DYNSYM)
    names = sections[symbols.link]
    hidden = 0
    for at in range(symbols.offset, symbols.offset + symbols.size, symbols.entry_size):
        name_offset, info, other, section, _, _ = struct.unpack_from(SYMBOL_FORMAT, image, at)
        if section == SHN_UNDEF or info >> 4 == STB_LOCAL:
            continue
        start = names.offset + name_offset
        if is_unintended(bytes(image[start:image.index(0, start)])):
            image[at + 5] = (other & ~3) | STV_HIDDEN
            hidden += 1
    return hidden


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        image = bytearray(file.read())
    hidden = hide_symbols(image)
    with open(target, "wb") as file:
        file.write(image)
    print(f"  {hidden} symbols hidden in {source.rsplit('/', 1)[-1]}")


if __name__ == "__main__":
    main()
