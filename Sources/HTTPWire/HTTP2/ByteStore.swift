/// Memory for bytes that are appended one behind another, and written over after `removeAll`. It grows as it must: how
/// much comes is bounded by whoever appends.
@safe struct ByteStore: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) { unsafe memory = .allocate(byteCount: capacity, alignment: 8) }

    deinit { unsafe memory.deallocate() }

    /// What was appended; valid until more is.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// O(1): the memory is kept.
    mutating func removeAll() { count = 0 }

    /// The bytes must not be this store's own.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if unsafe memory.count - count < bytes.count { grow(by: bytes.count) }
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    private mutating func grow(by room: Int) {
        let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * memory.count, count + room), alignment: 8)
        unsafe larger.copyMemory(from: bytes)
        unsafe memory.deallocate()
        unsafe memory = larger
    }
}
