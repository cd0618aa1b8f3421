/// Takes the fields of a header block in their order.
package protocol HPACKFieldSink: AnyObject {
    /// - `isSound`: that a field of the same bytes was found sound before.
    /// - Returns: whether its name and value are such as may stand in a head.
    func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isSound: Bool) -> Bool
}

/// A header block that cannot be read. The tables of both sides may differ from then on, so the connection has to end
/// (RFC 7541 §3.3, RFC 9113 §4.3).
package struct HPACKError: Error, Hashable, Sendable {
    package init() {}
}

/// Memory for strings that were compressed, of one event loop. Valid within one block.
package final class HPACKScratch {
    fileprivate var name: [UInt8] = []
    fileprivate var value: [UInt8] = []

    package init() {}
}

/// Reads header blocks (RFC 7541), each once and in their order: a block may change what the next ones mean.
package final class HPACKDecoder {
    /// One field of the dynamic table, as offsets into `bytes`.
    private struct Entry {
        var start: Int
        var nameLength: Int
        var valueLength: Int
        var isSound: Bool

        /// As the tables' size counts it (RFC 7541 §4.1).
        var size: Int { nameLength + valueLength + 32 }
    }

    /// What the table may hold at most, as this side has said; RFC 9113 §6.5.2 begins with this.
    package static let tableLimit = 4096

    private var entries: ContiguousArray<Entry> = []
    /// The first entries are gone; cleared up now and then.
    private var evicted = 0
    private var bytes: [UInt8] = []
    private var size = 0
    private var maximumSize = tableLimit

    package init() {}

    /// Gives the fields of a whole block to `sink`. O(bytes), in and out.
    package func decode(
        _ block: UnsafeRawBufferPointer, scratch: HPACKScratch, to sink: some HPACKFieldSink
    ) throws(HPACKError) {
        var reader = unsafe Reader(block)
        // RFC 7541 §4.2: only before the first field, and no more than the smallest size and the last one.
        var resizesLeft = 2
        while !reader.isAtEnd {
            let first = reader.peek()
            if first & 0x80 != 0 {
                try giveIndexed(reader.integer(prefix: 7), to: sink)
            } else if first & 0xe0 == 0x20 {
                guard resizesLeft > 0 else { throw HPACKError() }
                resizesLeft -= 1
                try resize(reader.integer(prefix: 5))
                continue
            } else {
                try giveLiteral(&reader, isAdded: first & 0x40 != 0, scratch: scratch, to: sink)
            }
            resizesLeft = 0
        }
    }

    private func giveIndexed(_ index: Int, to sink: some HPACKFieldSink) throws(HPACKError) {
        if index > 0, index <= HPACKStaticTable.fields.count {
            let field = HPACKStaticTable.fields[index - 1]
            field.name.withUTF8Buffer { name in
                field.value.withUTF8Buffer { value in
                    _ = unsafe sink.take(
                        name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value), isSound: true)
                }
            }
            return
        }
        let position = try position(of: index)
        let entry = entries[position]
        unsafe bytes.withUnsafeBytes { bytes in
            let name = unsafe bytes[entry.start..<entry.start + entry.nameLength]
            let value = unsafe bytes[name.endIndex..<name.endIndex + entry.valueLength]
            _ = unsafe sink.take(
                name: UnsafeRawBufferPointer(rebasing: name), value: UnsafeRawBufferPointer(rebasing: value),
                isSound: entry.isSound)
        }
    }

    private func giveLiteral(
        _ reader: inout Reader, isAdded: Bool, scratch: HPACKScratch, to sink: some HPACKFieldSink
    ) throws(HPACKError) {
        let index = try reader.integer(prefix: isAdded ? 6 : 4)
        // The name is copied: the table that it may stand in is about to change.
        if index == 0 {
            try reader.string(into: &scratch.name)
        } else if index <= HPACKStaticTable.fields.count {
            scratch.name.removeAll(keepingCapacity: true)
            HPACKStaticTable.fields[index - 1].name.withUTF8Buffer { unsafe scratch.name.append(contentsOf: $0) }
        } else {
            let entry = entries[try position(of: index)]
            scratch.name.removeAll(keepingCapacity: true)
            scratch.name.append(contentsOf: bytes[entry.start..<entry.start + entry.nameLength])
        }
        try reader.string(into: &scratch.value)
        let isSound = unsafe scratch.name.withUnsafeBytes { name in
            unsafe scratch.value.withUnsafeBytes { value in unsafe sink.take(name: name, value: value, isSound: false) }
        }
        if isAdded { add(scratch.name, scratch.value, isSound: isSound) }
    }

    // MARK: The dynamic table

    /// Where in `entries` the field of this index stands: 62 is the one added last.
    private func position(of index: Int) throws(HPACKError) -> Int {
        let position = entries.count - (index - HPACKStaticTable.fields.count)
        guard index > HPACKStaticTable.fields.count, position >= evicted else { throw HPACKError() }
        return position
    }

    private func resize(_ newSize: Int) throws(HPACKError) {
        guard newSize <= Self.tableLimit else { throw HPACKError() }
        maximumSize = newSize
        evict(toFit: 0)
    }

    private func add(_ name: [UInt8], _ value: [UInt8], isSound: Bool) {
        let entry = Entry(start: bytes.count, nameLength: name.count, valueLength: value.count, isSound: isSound)
        evict(toFit: entry.size)
        // RFC 7541 §4.4: one that does not fit by itself leaves the table empty.
        guard entry.size <= maximumSize else { return }
        clearUp()
        entries.append(entry)
        entries[entries.count - 1].start = bytes.count
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
        size += entry.size
    }

    private func evict(toFit newSize: Int) {
        while evicted < entries.count, size + newSize > maximumSize {
            size -= entries[evicted].size
            evicted += 1
        }
    }

    /// Moves what is left to the front once as much is gone: in bytes, or in entries, for one may have no bytes.
    private func clearUp() {
        guard evicted == entries.count || entries[evicted].start > Self.tableLimit || evicted > Self.tableLimit / 32
        else { return }
        let start = evicted == entries.count ? bytes.count : entries[evicted].start
        entries.removeFirst(evicted)
        evicted = 0
        bytes.removeFirst(start)
        for index in entries.indices { entries[index].start -= start }
    }
}

/// The primitive types of RFC 7541 §5.
@safe private struct Reader {
    private let block: UnsafeRawBufferPointer
    private var position = 0

    init(_ block: UnsafeRawBufferPointer) { unsafe self.block = block }

    var isAtEnd: Bool { unsafe position == block.count }

    /// The next byte; there must be one.
    func peek() -> UInt8 { unsafe block[position] }

    /// An integer behind the other bits of its first byte (RFC 7541 §5.1), of at most 28 bits.
    mutating func integer(prefix: Int) throws(HPACKError) -> Int {
        let mask = (1 << prefix) - 1
        var value = try Int(byte()) & mask
        guard value == mask else { return value }
        for shift in stride(from: 0, through: 21, by: 7) {
            let next = try byte()
            value += Int(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
        }
        throw HPACKError()
    }

    /// A string (RFC 7541 §5.2), plain or compressed, in place of what is in `out`.
    mutating func string(into out: inout [UInt8]) throws(HPACKError) {
        guard !isAtEnd else { throw HPACKError() }
        let isCompressed = unsafe block[position] & 0x80 != 0
        let length = try integer(prefix: 7)
        guard unsafe length <= block.count - position else { throw HPACKError() }
        let string = unsafe UnsafeRawBufferPointer(rebasing: block[position..<position + length])
        position += length
        out.removeAll(keepingCapacity: true)
        guard isCompressed else {
            unsafe out.append(bytes: string)
            return
        }
        let room = length * 8 / 5 + 1
        if out.capacity < room { out.reserveCapacity(room) }
        let count: Int? = unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { memory in
            guard let base = memory.baseAddress, let count = unsafe HuffmanCode.hpack.decode(string, to: base)
            else { return nil }
            unsafe out.append(bytes: UnsafeRawBufferPointer(rebasing: memory[..<count]))
            return count
        }
        guard count != nil else { throw HPACKError() }
    }

    private mutating func byte() throws(HPACKError) -> UInt8 {
        guard !isAtEnd else { throw HPACKError() }
        defer { position += 1 }
        return unsafe block[position]
    }
}

extension [UInt8] {
    /// As one copy; of raw bytes the standard library makes it one by one.
    fileprivate mutating func append(bytes: UnsafeRawBufferPointer) {
        unsafe append(contentsOf: bytes.assumingMemoryBound(to: UInt8.self))
    }
}
