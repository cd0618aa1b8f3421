import RecordChain
import WaitingRoom

/// Writes records, one a line: `<8 hex digits of CRC-32C> <a flat JSON object>\n`. A flat object's values are strings
/// and whole numbers, so no general JSON writer is needed.
package struct RecordWriter {
    package private(set) var bytes: [UInt8] = []
    private var start = 0

    private static let checksumPlaceholder = Array("00000000 ".utf8)
    private static let hexDigits = Array("0123456789abcdef".utf8)

    package init() {}

    /// Empties the buffer and keeps its storage.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Writes one record; `fields` calls `put`.
    package mutating func record(_ kind: String, _ fields: (inout RecordWriter) -> Void) {
        begin(kind, fields)
        end()
    }

    /// Writes one record that continues a chain.
    mutating func record(
        _ kind: String, after chain: inout ChainHash?, _ fields: (inout RecordWriter) -> Void
    ) {
        begin(kind, fields)
        chain = ChainLink.close(&bytes, from: start + Self.checksumPlaceholder.count, after: chain ?? .beginning)
        end()
    }

    private mutating func begin(_ kind: String, _ fields: (inout RecordWriter) -> Void) {
        start = bytes.count
        bytes.append(contentsOf: Self.checksumPlaceholder)
        bytes.append(UInt8(ascii: "{"))
        put("kind", kind)
        fields(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func end() {
        let body = start + Self.checksumPlaceholder.count
        let checksum = CRC32C.checksum(of: bytes[body...])
        for digit in 0..<8 {
            bytes[start + digit] = Self.hexDigits[Int(checksum >> UInt32(28 - 4 * digit) & 0xf)]
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func put(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    mutating func put(_ name: String, _ value: some BinaryInteger) {
        key(name)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = UInt64(value.magnitude)
        let first = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[first...].reverse()
    }

    mutating func put(_ name: String, _ value: Timestamp) { put(name, value.milliseconds) }

    mutating func put(_ name: String, _ value: UUIDBits) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { bytes.append(UInt8(ascii: "-")) }
            let word = nibble < 16 ? value.high : value.low
            bytes.append(Self.hexDigits[Int(word >> UInt64(60 - 4 * (nibble % 16)) & 0xf)])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Each pair as a field of its own, its name behind `prefix`.
    mutating func put(prefix: String, _ pairs: [String: String]) {
        for (name, value) in pairs { put(prefix + name, value) }
    }

    private mutating func key(_ name: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// RFC 8259 §7: the two characters and the controls that must be escaped.
    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: Array("\\u00".utf8))
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 0xf)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
