#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Memory for bytes that are appended one behind another, and written over after `removeAll`. It grows as it must: how
/// much comes is bounded by whoever appends.
@safe struct ByteStore: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 8)
        self.capacity = capacity
    }

    deinit { unsafe memory.deallocate() }

    /// What was appended; valid until more is.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: memory, count: count) }

    /// O(1): the memory is kept.
    mutating func removeAll() { count = 0 }

    /// The bytes must not be this store's own.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        makeRoom(for: bytes.count)
        unsafe put(bytes.baseAddress, bytes.count)
    }

    mutating func append(_ text: StaticString) {
        makeRoom(for: text.utf8CodeUnitCount)
        unsafe put(text.utf8Start, text.utf8CodeUnitCount)
    }

    /// A field line of HTTP/1.1 (RFC 9112 §5).
    mutating func append(field name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        makeRoom(for: name.count + value.count + 4)
        unsafe put(name.baseAddress, name.count)
        put(UInt8(ascii: ":"), UInt8(ascii: " "))
        unsafe put(value.baseAddress, value.count)
        put(UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    }

    @inline(__always)
    private mutating func makeRoom(for room: Int) { if capacity - count < room { grow(by: room) } }

    // For these there has to be room.

    @inline(__always)
    private mutating func put(_ bytes: UnsafeRawPointer?, _ length: Int) {
        guard let bytes = unsafe bytes else { return }
        unsafe memcpy(memory + count, bytes, length)
        count += length
    }

    @inline(__always)
    private mutating func put(_ first: UInt8, _ second: UInt8) {
        unsafe memory.storeBytes(of: first, toByteOffset: count, as: UInt8.self)
        unsafe memory.storeBytes(of: second, toByteOffset: count + 1, as: UInt8.self)
        count += 2
    }

    private mutating func grow(by room: Int) {
        capacity = max(2 * capacity, count + room)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        unsafe memcpy(larger, memory, count)
        unsafe memory.deallocate()
        unsafe memory = larger
    }
}
