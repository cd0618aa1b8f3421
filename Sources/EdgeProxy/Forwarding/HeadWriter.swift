import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Puts a head together from pieces. A dozen small appends to a `ByteBuffer` cost a check of its uniqueness, capacity
/// and indices each; here one comparison.
///
/// Pieces that do not fit are counted and left out; `write(into:)` then begins anew with room for all of them.
@safe struct HeadWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes of all pieces so far, also of those that did not fit.
    private(set) var count = 0

    private init(_ memory: UnsafeMutableRawBufferPointer) { unsafe self.memory = memory }

    /// Appends to `buffer` what `body` writes. `body` is called again if the room did not suffice.
    static func write(into buffer: inout ByteBuffer, capacity: Int, _ body: (inout HeadWriter) -> Void) {
        var capacity = capacity
        var isWhole = false
        while !isWhole {
            unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
                var writer = unsafe HeadWriter(memory)
                body(&writer)
                capacity = writer.count
                isWhole = writer.count <= memory.count
                return isWhole ? writer.count : 0
            }
        }
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        unsafe append(base, bytes.count)
    }

    /// The bytes of one range of a head.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        unsafe append(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    @inline(__always)
    mutating func append(_ text: StaticString) { unsafe append(text.utf8Start, text.utf8CodeUnitCount) }

    @inline(__always)
    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { bytes in unsafe append(bytes) }
    }

    @inline(__always)
    mutating func append(byte: UInt8) {
        if unsafe count < memory.count { unsafe memory[count] = byte }
        count += 1
    }

    /// ASCII letters in lower case, all else as it is.
    mutating func appendLowercased(_ bytes: UnsafeRawBufferPointer) {
        if unsafe count <= memory.count, unsafe bytes.count <= memory.count - count {
            for index in 0..<bytes.count {
                let byte = unsafe bytes[index]
                unsafe memory[count + index] = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            }
        }
        count += bytes.count
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in unsafe append(UnsafeRawBufferPointer(bytes)) }
    }

    /// A number in decimal digits; nothing if it is negative.
    mutating func append(_ number: Int) {
        guard number >= 0 else { return }
        var unit = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
    }

    /// The byte written last, if it is at or behind `start`.
    func last(from start: Int) -> UInt8? {
        guard count > start, unsafe count <= memory.count else { return nil }
        return unsafe memory[count - 1]
    }

    /// Takes back what was written from `count` on.
    mutating func truncate(to count: Int) { self.count = min(self.count, count) }

    @inline(__always)
    private mutating func append(_ bytes: UnsafeRawPointer, _ length: Int) {
        if unsafe count <= memory.count, unsafe length <= memory.count - count, let base = unsafe memory.baseAddress {
            unsafe memcpy(base + count, bytes, length)
        }
        count += length
    }
}
