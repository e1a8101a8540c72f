"""The forms that some functions of :mod:`.primitives` have in machine code, on bare pointers.

find, same and copy are the C library's own; window, equal, kinds, hexes and paste take 32 bytes at once.
"""

from __future__ import annotations

from typing import Any


def functions() -> dict[str, Any]:
    """Compiled by numba: by their names."""
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    text, size = types.CPointer(types.uint8), types.int64
    void, long = ir.IntType(8).as_pointer(), ir.IntType(64)

    def external(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
        return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)

    @intrinsic
    def word(context, buf, at):
        def code(context, builder, signature, args):
            place = builder.bitcast(builder.gep(args[0], [args[1]]), long.as_pointer())
            return builder.load(place, align=1)

        return types.int64(text, size), code

    @intrinsic
    def memchr(context, buf, at, end, byte):
        def code(context, builder, signature, args):
            buf, at, end, byte = args
            start = builder.gep(buf, [at])
            call = external(builder, "memchr", void, [void, ir.IntType(32), long])
            found = builder.call(call, [start, builder.trunc(byte, ir.IntType(32)), builder.sub(end, at)])
            place = builder.sub(builder.ptrtoint(found, long), builder.ptrtoint(buf, long))
            missing = builder.icmp_unsigned("==", builder.ptrtoint(found, long), ir.Constant(long, 0))
            return builder.select(missing, ir.Constant(long, -1), place)

        return types.int64(text, size, size, size), code

    @intrinsic
    def memcmp(context, buf, at, other, start, count):
        def code(context, builder, signature, args):
            call = external(builder, "memcmp", ir.IntType(32), [void, void, long])
            found = builder.call(call, [builder.gep(args[0], [args[1]]), builder.gep(args[2], [args[3]]), args[4]])
            return builder.icmp_unsigned("==", found, ir.Constant(ir.IntType(32), 0))

        return types.boolean(text, size, text, size, size), code

    @intrinsic
    def memcpy(context, target, to, buf, at, count):
        def code(context, builder, signature, args):
            call = external(builder, "memcpy", void, [void, void, long])
            builder.call(call, [builder.gep(args[0], [args[1]]), builder.gep(args[2], [args[3]]), args[4]])
            return ir.Constant(long, 0)

        return types.int64(text, size, text, size, size), code

    @njit(_nrt=False)
    def find(buf, at, end, byte):
        return memchr(buf, types.int64(at), types.int64(end), types.int64(byte)) if at < end else -1

    @njit(_nrt=False)
    def read(buf, at):
        return word(buf, types.int64(at))

    @njit(_nrt=False)
    def same(buf, at, other, start, size):
        return memcmp(buf, types.int64(at), other, types.int64(start), types.int64(size))

    @njit(_nrt=False)
    def copy(target, to, buf, at, size):
        return memcpy(target, types.int64(to), buf, types.int64(at), types.int64(size))

    @njit(_nrt=False)
    def digest(buf, at, end):
        number = types.int64(end - at) * 0x2545F4914F6CDD1D
        other = types.int64(0x1B873593CC9E2D51)
        stop = end - 16
        while at <= stop:
            number = (number ^ read(buf, at)) * 0x2127599BF4325C37
            other = (other ^ read(buf, at + 8)) * 0x2127599BF4325C37
            number ^= number >> 29
            other ^= other >> 29
            at += 16
        if end - at >= 8:
            other = (other ^ read(buf, at)) * 0x2127599BF4325C37
            other ^= other >> 29
            at += 8
        if end > at:  # bytes may be read behind the text: buffers have eight to spare
            last = read(buf, at) & ((types.int64(1) << (8 * (end - at))) - 1)
            number = (number ^ last) * 0x2127599BF4325C37
            number ^= number >> 31
        number = (number ^ (other * 0x2545F4914F6CDD1D) ^ (number >> 32)) * 0x2545F4914F6CDD1D
        return (number ^ (number >> 29)) & 0x3FFFFFFFFFFFFFFF

    byte, wide = ir.IntType(8), ir.VectorType(ir.IntType(8), 32)

    def load(builder: Any, buf: Any, at: Any, ahead: int = 0) -> Any:
        place = builder.gep(buf, [builder.add(at, ir.Constant(long, ahead)) if ahead else at])
        return builder.load(builder.bitcast(place, wide.as_pointer()), align=1)

    def every(value: int) -> Any:
        return ir.Constant(wide, [ir.Constant(byte, value)] * 32)

    def bits(builder: Any, holds: Any) -> Any:
        return builder.zext(builder.bitcast(holds, ir.IntType(32)), long)

    @intrinsic
    def window_at(context, buf, at):
        def code(context, builder, signature, args):
            def compare(how: str, vector: Any, value: int) -> Any:
                return builder.icmp_unsigned(how, vector, every(value))

            here, after, sixth, seventh = (load(builder, *args, ahead) for ahead in (0, 1, 5, 6))
            odd = compare(">", builder.sub(here, every(32)), 94)
            stamp = builder.or_(compare("==", after, 32), compare("<", builder.sub(after, every(48)), 10))
            odd = builder.or_(odd, builder.and_(compare("==", here, 91), stamp))
            kernel = builder.and_(compare("==", here, 107), compare("==", sixth, 108))
            kernel = builder.and_(kernel, builder.or_(compare("==", seventh, 58), compare("==", seventh, 91)))
            odd = bits(builder, builder.or_(odd, kernel))
            return builder.or_(bits(builder, compare("==", here, 10)), builder.shl(odd, ir.Constant(long, 32)))

        return types.int64(text, size), code

    def among(builder: Any, vector: Any, first: int, count: int) -> Any:
        """Which bytes are one of `count` from `first` on."""
        return builder.icmp_unsigned("<", builder.sub(vector, every(first)), every(count))

    @intrinsic
    def kinds_at(context, buf, at):
        def code(context, builder, signature, args):
            here = load(builder, *args)
            digit, letter = among(builder, here, 48, 10), among(builder, builder.or_(here, every(32)), 97, 26)
            word = builder.or_(builder.or_(digit, letter), among(builder, here, 95, 1))
            return builder.or_(bits(builder, word), builder.shl(bits(builder, digit), ir.Constant(long, 32)))

        return types.int64(text, size), code

    @intrinsic
    def hexes_at(context, buf, at):
        def code(context, builder, signature, args):
            return bits(builder, among(builder, load(builder, *args), 97, 6))

        return types.int64(text, size), code

    @intrinsic
    def set_bits(context, number):
        def code(context, builder, signature, args):
            return builder.ctpop(args[0])

        return types.int64(size), code

    @intrinsic
    def store(context, target, to, buf, at):
        def code(context, builder, signature, args):
            place = builder.bitcast(builder.gep(args[0], [args[1]]), wide.as_pointer())
            builder.store(load(builder, *args[2:]), place, align=1)
            return ir.Constant(long, 0)

        return types.int64(text, size, text, size), code

    @intrinsic
    def differ(context, buf, at, other, start):
        def code(context, builder, signature, args):
            return bits(builder, builder.icmp_unsigned("!=", load(builder, *args[:2]), load(builder, *args[2:])))

        return types.int64(text, size, text, size), code

    @intrinsic
    def trailing(context, number):
        def code(context, builder, signature, args):
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

        return types.int64(size), code

    def prefetching(item: Any) -> Any:
        @intrinsic
        def prefetch(context, buf, at):
            def code(context, builder, signature, args):
                number = ir.IntType(32)
                call = external(builder, "llvm.prefetch.p0", ir.VoidType(), [void, number, number, number])
                place = builder.gep(builder.bitcast(args[0], void), [args[1]])
                builder.call(call, [place, *(ir.Constant(number, value) for value in (0, 3, 1))])  # reading, kept, data
                return ir.Constant(long, 0)

            return types.int64(types.CPointer(item), size), code

        return prefetch

    prefetch_bytes, prefetch_words = prefetching(types.uint8), prefetching(types.int64)

    @njit(_nrt=False)
    def fetch(buf, at):
        return prefetch_bytes(buf, types.int64(at))

    @njit(_nrt=False)
    def fetch_word(words, at):
        return prefetch_words(words, types.int64(at) * 8)

    @njit(_nrt=False)
    def window(buf, at):
        return window_at(buf, types.int64(at))

    @njit(_nrt=False)
    def kinds(buf, at):
        return kinds_at(buf, types.int64(at))

    @njit(_nrt=False)
    def hexes(buf, at):
        return hexes_at(buf, types.int64(at))

    @njit(_nrt=False)
    def ones(number):
        return set_bits(types.int64(number))

    @njit(_nrt=False)
    def paste(target, to, buf, at):
        return store(target, types.int64(to), buf, types.int64(at))

    @njit(_nrt=False)
    def lowest(number):
        return trailing(types.int64(number))

    @njit(_nrt=False)
    def equal(buf, at, other, start, size):
        at, start, size = types.int64(at), types.int64(start), types.int64(size)
        while size > 32:
            if differ(buf, at, other, start) != 0:
                return False
            at += 32
            start += 32
            size -= 32
        return (differ(buf, at, other, start) & ((types.int64(1) << size) - 1)) == 0

    return {"find": find, "word": read, "digest": digest, "same": same, "copy": copy, "window": window, "lowest": lowest,
            "equal": equal, "fetch": fetch, "fetch_word": fetch_word,
            "kinds": kinds, "hexes": hexes, "ones": ones, "paste": paste}  # fmt: skip
