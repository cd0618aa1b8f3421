/// The Castagnoli checksum (RFC 3720 §B.4), eight bytes at a step.
struct CRC32C {
    /// Table k at offset 256·k gives the effect of a byte that k more bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<8 * 256 {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xff)]
        }
        return tables
    }()

    /// O(n).
    static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = Self.tables
        return bytes.withUnsafeBytes { bytes in
            tables.withUnsafeBufferPointer { tables in
                var value: UInt32 = 0xffff_ffff
                var index = 0
                while index + 8 <= bytes.count {
                    let word =
                        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                        ^ UInt64(value)
                    value = tables[1792 + Int(word & 0xff)]
                    value ^= tables[1536 + Int(word >> 8 & 0xff)]
                    value ^= tables[1280 + Int(word >> 16 & 0xff)]
                    value ^= tables[1024 + Int(word >> 24 & 0xff)]
                    value ^= tables[768 + Int(word >> 32 & 0xff)]
                    value ^= tables[512 + Int(word >> 40 & 0xff)]
                    value ^= tables[256 + Int(word >> 48 & 0xff)]
                    value ^= tables[Int(word >> 56)]
                    index += 8
                }
                while index < bytes.count {
                    value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[index])) & 0xff)]
                    index += 1
                }
                return value ^ 0xffff_ffff
            }
        }
    }
}
