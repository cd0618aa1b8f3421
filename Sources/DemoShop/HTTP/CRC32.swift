import NIOCore

/// The CRC-32 of zip, PNG and Python's `zlib.crc32` (polynomial 0xEDB88320, reflected), eight bytes at a time.
struct CRC32 {
    /// Eight tables of 256: the one at k advances a byte by k more bytes.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for index: UInt32 in 0..<256 {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
            tables.append(value)
        }
        for index in 256..<8 * 256 {
            let value = tables[index - 256]
            tables.append(tables[Int(value & 0xff)] ^ value >> 8)
        }
        return tables
    }()

    private var state = UInt32.max

    mutating func update(_ bytes: ByteBuffer) {
        let tables = Self.tables
        var (bytes, state) = (bytes, self.state)
        while let eight = bytes.readInteger(endianness: .little, as: UInt64.self) {
            let word = eight ^ UInt64(state)
            var next = tables[Int(word >> 56)]
            for byte in 0..<7 { next ^= tables[256 * (7 - byte) + Int(word >> UInt64(8 * byte) & 0xff)] }
            state = next
        }
        while let byte = bytes.readInteger(as: UInt8.self) {
            state = tables[Int((state ^ UInt32(byte)) & 0xff)] ^ state >> 8
        }
        self.state = state
    }

    /// Eight lower-case hexadecimal digits.
    var text: String {
        let digits = String(~state, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
