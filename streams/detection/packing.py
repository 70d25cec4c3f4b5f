"""A state as packed bytes, and back.

A state is written part by part, so that it is never there a second time: mappings are announced and
followed by their keys and values, arrays by their bytes, first all of the lowest order and so on,
for those of a float's exponent are alike and those of its fraction are not.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from streams.detection.snapshots import SLICE, Frozen, SnapshotError

FORM: Final = b"\x02"
"""Of the bytes, before them."""
BLOCK: Final = 128 * 1024  # elements of an array whose bytes are put in order at a time
_ARRAY, _MAPPING, _ARRAY_FOLLOWS = 1, 2, 3  # codes of our msgpack extensions


class Follows(NamedTuple):
    """An array whose bytes follow."""

    dtype: str
    shape: list[int]

    def read(self, packed: "_Packed") -> np.ndarray[Any, Any]:
        array = np.empty(self.shape, self.dtype)
        rows = array.reshape(-1).view(np.uint8).reshape(-1, array.itemsize)
        for at in range(0, len(rows), BLOCK):
            block = rows[at : at + BLOCK]
            planes = np.frombuffer(packed.read(block.size), np.uint8)
            block[...] = planes.reshape(array.itemsize, -1).T
        return array


class Pairs(NamedTuple):
    """A mapping of which so many keys and values follow."""

    size: int


def packed(state: Any) -> Iterator[bytes]:
    """A structure that holds NumPy arrays in packed slices; equal states give equal bytes."""
    # Runs of equal bytes are all there is to find, and looking for more takes twice the time.
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    held = bytearray(FORM)
    for part in chain(map(packer.compress, _written(state)), map(packer.flush, [zlib.Z_FINISH])):
        held += part
        while len(held) > SLICE:
            yield bytes(held[:SLICE])
            del held[:SLICE]
    yield bytes(held)


def freeze(state: Any) -> Frozen:
    """All of them."""
    return list(packed(state))


def thaw(frozen: Iterable[bytes]) -> Any:
    """The structure, whose arrays are nobody else's; raises SnapshotError on another form."""
    slices = iter(frozen)
    first = next(slices, b"")
    if first[:1] != FORM:
        raise SnapshotError(
            f"a snapshot must begin with {FORM.hex()}, got {first[:1].hex() or 'nothing'}: "
            "another version of Tocsin wrote it; tocsin rebuild makes the state anew"
        )
    return _read(_Packed(chain([first[1:]], slices)))


class _Packed:
    """What slices hold, read from the start to the end."""

    def __init__(self, slices: Iterator[bytes]) -> None:
        self._slices, self._unpacker, self._left = slices, zlib.decompressobj(), b""

    def read(self, size: int) -> bytearray:
        """The next so many bytes; raises SnapshotError where there are fewer."""
        read = bytearray()
        while len(read) < size:
            packed = self._left or next(self._slices, b"")
            read += (part := self._unpacker.decompress(packed, size - len(read)))
            self._left = self._unpacker.unconsumed_tail
            if not (packed or part):
                raise SnapshotError(f"a snapshot ends {size - len(read)} bytes too early")
        return read

    def part(self) -> Any:
        size = int.from_bytes(self.read(4), "big")
        return msgspec.msgpack.decode(self.read(size), ext_hook=_restored)


def _read(packed: _Packed) -> Any:
    part = packed.part()
    if isinstance(part, Pairs):
        return {next(iter(packed.part())): _read(packed) for _ in range(part.size)}
    return part.read(packed) if isinstance(part, Follows) else part


def _written(state: Any) -> Iterator[bytes]:
    if type(state) is dict:
        yield _part(msgspec.msgpack.Ext(_MAPPING, _encode(len(state))))
        for key, value in state.items():
            yield _part({key: None})  # of two parts it is a tuple again only as a key
            yield from _written(value)
    elif isinstance(state, np.ndarray):
        head = [state.dtype.str, list(state.shape)]
        yield _part(msgspec.msgpack.Ext(_ARRAY_FOLLOWS, _encode(head)))
        yield from _planes(state)
    else:
        yield _part(state)


def _part(value: Any) -> bytes:
    written = _encode(value)
    return len(written).to_bytes(4, "big") + written


def _planes(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    """Its bytes by their order within an element, a block at a time."""
    rows = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, array.itemsize)
    for at in range(0, len(rows), BLOCK):
        yield rows[at : at + BLOCK].T.tobytes()


def _array(value: Any) -> msgspec.msgpack.Ext:
    """One within a list or a tuple."""
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        head = [value.dtype.str, list(value.shape), raw]
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(head))
    raise TypeError(f"a snapshot holds numbers, texts and arrays, got {type(value).__name__}")


def _restored(code: int, data: memoryview) -> Any:
    if code == _MAPPING:
        return Pairs(msgspec.msgpack.decode(data))
    if code == _ARRAY_FOLLOWS:
        return Follows(*msgspec.msgpack.decode(data, type=tuple[str, list[int]]))
    if code != _ARRAY:
        raise SnapshotError(f"extension must be {_ARRAY}, got {code}")
    dtype, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, list[int], memoryview])
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()


_encode = msgspec.msgpack.Encoder(enc_hook=_array).encode
