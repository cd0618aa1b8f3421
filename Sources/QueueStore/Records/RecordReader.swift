package import WaitingRoom

/// Reads one JSON object, such as a line that `RecordWriter` wrote, into fields that are views on its bytes. Fields that
/// nobody asks for are tolerated, whatever JSON they hold, so that an older gate reads what a newer one wrote.
package struct RecordReader {
    /// A field's value, as it stands in the line.
    private enum Value {
        case string(Range<Int>, isEscaped: Bool)
        case integer(isNegative: Bool, magnitude: UInt64)
        case boolean(Bool)
        case object
        /// Anything else that JSON knows.
        case other
    }

    private struct Field {
        let name: Range<Int>
        let isNameEscaped: Bool
        let owner: Owner
        var value: Value
    }

    /// The object that a field is in.
    package struct Owner: Hashable, Sendable {
        /// Of the field whose value the object is.
        let index: Int

        /// The whole.
        package static let root = Owner(index: -1)
    }

    private var bytes: ArraySlice<UInt8> = []
    private var index = 0
    private var fields: [Field] = []
    private var keepsNested = false

    package init() {}

    /// Takes a line without its line feed. False if its checksum does not match or it is no JSON object.
    package mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
        guard Self.isIntact(line) else { return false }
        bytes = line
        index = line.startIndex + 9
        fields.removeAll(keepingCapacity: true)
        keepsNested = false
        return object(.root, at: 0) && index == line.endIndex
    }

    /// Takes a JSON object, with the fields of the objects in it. False if it is none.
    package mutating func read(json: [UInt8]) -> Bool {
        bytes = json[...]
        index = 0
        fields.removeAll(keepingCapacity: true)
        keepsNested = true
        guard object(.root, at: 0) else { return false }
        skipSpace()
        return index == json.endIndex
    }

    /// Whether the line is eight hexadecimal digits, a space, and what they are the checksum of.
    static func isIntact(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " ") else { return false }
        var checksum: UInt32 = 0
        for byte in line.prefix(8) {
            guard let digit = hexDigit(byte) else { return false }
            checksum = checksum << 4 | UInt32(digit)
        }
        return CRC32C.checksum(of: line.dropFirst(9)) == checksum
    }

    /// The JSON of a line, which stands behind its checksum.
    static func text(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8> { line.dropFirst(9) }

    // MARK: Fields

    /// The object of that name, to ask for its fields.
    package func object(_ name: String, in owner: Owner = .root) -> Owner? {
        guard let index = position(of: name, in: owner), case .object = fields[index].value else { return nil }
        return Owner(index: index)
    }

    package func string(_ name: String) -> String? { string(name, in: .root) }

    package func string(_ name: String, in owner: Owner) -> String? {
        guard case .string(let range, let isEscaped)? = value(name, in: owner) else { return nil }
        return text(range, isEscaped)
    }

    package func boolean(_ name: String, in owner: Owner) -> Bool? {
        guard case .boolean(let value)? = value(name, in: owner) else { return nil }
        return value
    }

    func unsigned(_ name: String) -> UInt64? { unsigned(name, in: .root) }

    package func unsigned(_ name: String, in owner: Owner) -> UInt64? {
        guard case .integer(let isNegative, let magnitude)? = value(name, in: owner), !isNegative || magnitude == 0
        else { return nil }
        return magnitude
    }

    func signed(_ name: String) -> Int64? { signed(name, in: .root) }

    package func signed(_ name: String, in owner: Owner) -> Int64? {
        guard case .integer(let isNegative, let magnitude)? = value(name, in: owner) else { return nil }
        return isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude)
    }

    func integer(_ name: String) -> Int? { signed(name).flatMap { Int(exactly: $0) } }

    func time(_ name: String) -> Timestamp? { signed(name).map { Timestamp(milliseconds: $0) } }

    func uuid(_ name: String) -> UUIDBits? { uuid(name, in: .root) }

    package func uuid(_ name: String, in owner: Owner) -> UUIDBits? {
        guard case .string(let range, _)? = value(name, in: owner), range.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for offset in 0..<36 {
            let byte = bytes[range.lowerBound + offset]
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.hexDigit(byte) else { return nil }
            if digits < 16 {
                words.high = words.high << 4 | UInt64(digit)
            } else {
                words.low = words.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        return UUIDBits(high: words.high, low: words.low)
    }

    /// The string fields whose names begin with `prefix`, by the rest of their names.
    func strings(prefix: String) -> [String: String] { strings(in: .root, prefix: prefix) }

    /// The string fields of an object.
    package func strings(in owner: Owner, prefix: String = "") -> [String: String] {
        var found: [String: String] = [:]
        for field in fields where field.owner == owner && field.name.count >= prefix.utf8.count {
            guard case .string(let range, let isEscaped) = field.value,
                bytes[field.name].starts(with: prefix.utf8), let name = text(field.name, field.isNameEscaped),
                let value = text(range, isEscaped)
            else { continue }
            found[String(name.dropFirst(prefix.count))] = value
        }
        return found
    }

    private func value(_ name: String, in owner: Owner) -> Value? {
        position(of: name, in: owner).map { fields[$0].value }
    }

    private func position(of name: String, in owner: Owner) -> Int? {
        fields.firstIndex { field in
            field.owner == owner && field.name.count == name.utf8.count
                && bytes[field.name].elementsEqual(name.utf8)
        }
    }

    private func text(_ range: Range<Int>, _ isEscaped: Bool) -> String? {
        isEscaped ? unescaped(range) : String(decoding: bytes[range], as: UTF8.self)
    }

    // MARK: JSON (RFC 8259)

    /// Objects and lists in a record are a later version's; this deep they may lie in one another.
    private static let deepest = 16

    private mutating func object(_ owner: Owner, at depth: Int) -> Bool {
        guard depth < Self.deepest, take(UInt8(ascii: "{")) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        let isKept = depth == 0 || keepsNested
        repeat {
            guard case .string(let name, let isEscaped)? = stringValue(), take(UInt8(ascii: ":")) else { return false }
            let place = fields.count
            // Before those in it, so that they can name it.
            if isKept {
                fields.append(Field(name: name, isNameEscaped: isEscaped, owner: owner, value: .other))
            }
            guard let value = anyValue(Owner(index: place), at: depth) else { return false }
            if isKept { fields[place].value = value }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}"))
    }

    private mutating func list(at depth: Int) -> Bool {
        guard depth < Self.deepest, take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            // What is in a list nobody asks for.
            guard anyValue(Owner(index: .max), at: depth) != nil else { return false }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }

    private mutating func anyValue(_ owner: Owner, at depth: Int) -> Value? {
        skipSpace()
        guard index < bytes.endIndex else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "\""): return stringValue()
        case UInt8(ascii: "{"): return object(owner, at: depth + 1) ? .object : nil
        case UInt8(ascii: "["): return list(at: depth + 1) ? .other : nil
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        default: return literal()
        }
    }

    private mutating func stringValue() -> Value? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        var isEscaped = false
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return .string(start..<index - 1, isEscaped: isEscaped) }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
        }
        return nil
    }

    private mutating func number() -> Value? {
        let isNegative = take(UInt8(ascii: "-"))
        var magnitude: UInt64 = 0
        var isWhole = true
        let start = index
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[index] - UInt8(ascii: "0")))
                if overflow || carry { isWhole = false }
                magnitude = sum
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                isWhole = false
            default:
                guard index > start else { return nil }
                return isWhole ? .integer(isNegative: isNegative, magnitude: magnitude) : .other
            }
            index += 1
        }
        return nil
    }

    private mutating func literal() -> Value? {
        for (word, value) in [("true", Value.boolean(true)), ("false", .boolean(false)), ("null", .other)]
        where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return value
        }
        return nil
    }

    /// RFC 8259 §2.
    private mutating func skipSpace() {
        while index < bytes.endIndex, bytes[index] <= 0x20 {
            guard [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) else { return }
            index += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.endIndex, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// Nil if an escape is none of RFC 8259 §7.
    private func unescaped(_ range: Range<Int>) -> String? {
        var units: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                units.append(bytes[index])
                index += 1
                continue
            }
            guard index + 1 < range.upperBound else { return nil }
            let escape = bytes[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0c)
            case UInt8(ascii: "n"): units.append(0x0a)
            case UInt8(ascii: "r"): units.append(0x0d)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = escapedScalar(&index, range.upperBound) else { return nil }
                units.append(contentsOf: Array(String(Character(scalar)).utf8))
            default: return nil
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    private func escapedScalar(_ index: inout Int, _ end: Int) -> Unicode.Scalar? {
        guard let first = escapedUnit(&index, end) else { return nil }
        guard (0xd800...0xdbff).contains(first) else { return Unicode.Scalar(first) }
        guard index + 1 < end, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        index += 2
        guard let second = escapedUnit(&index, end), (0xdc00...0xdfff).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }

    private func escapedUnit(_ index: inout Int, _ end: Int) -> UInt32? {
        guard index + 4 <= end else { return nil }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(bytes[index]) else { return nil }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
