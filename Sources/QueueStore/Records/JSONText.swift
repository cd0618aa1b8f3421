package import WaitingRoom

/// Writes one JSON text (RFC 8259) into bytes, without reflection: position answers and events are many.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() { bytes.reserveCapacity(512) }

    package mutating func object(_ members: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array(_ elements: (inout JSONText) -> Void) {
        open(UInt8(ascii: "["))
        elements(&self)
        close(UInt8(ascii: "]"))
    }

    package mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
        needsComma = true
    }

    package mutating func member(_ name: String, _ value: Int) {
        key(name)
        bytes += String(value).utf8
        needsComma = true
    }

    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes += (value ? "true" : "false").utf8
        needsComma = true
    }

    /// What is no number as null.
    package mutating func member(_ name: String, _ value: Double) {
        key(name)
        bytes += (value.isFinite ? "\(value)" : "null").utf8
        needsComma = true
    }

    /// RFC 3339.
    package mutating func member(_ name: String, _ value: Timestamp) { member(name, value.rfc3339) }

    package mutating func null(_ name: String) {
        key(name)
        bytes += "null".utf8
        needsComma = true
    }

    package mutating func member(_ name: String, object members: (inout JSONText) -> Void) {
        key(name)
        needsComma = false
        object(members)
    }

    package mutating func member(_ name: String, numbers: [Int]) {
        key(name)
        bytes += ("[" + numbers.map(String.init).joined(separator: ",") + "]").utf8
        needsComma = true
    }

    /// What is not known, or no number, as null.
    package mutating func member(_ name: String, numbers: [Double?]) {
        key(name)
        let texts = numbers.map { number in
            guard let number, number.isFinite else { return "null" }
            return Int(exactly: number).map(String.init) ?? "\(number)"
        }
        bytes += ("[" + texts.joined(separator: ",") + "]").utf8
        needsComma = true
    }

    package mutating func member<Element>(
        _ name: String, objects elements: [Element], _ write: (inout JSONText, Element) -> Void
    ) {
        key(name)
        array { text in
            for element in elements {
                if text.needsComma { text.bytes.append(UInt8(ascii: ",")) }
                text.object { write(&$0, element) }
            }
        }
    }

    package mutating func member(_ name: String, strings: [String]) {
        key(name)
        array { text in
            for string in strings {
                if text.needsComma { text.bytes.append(UInt8(ascii: ",")) }
                text.string(string)
                text.needsComma = true
            }
        }
    }

    private mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func open(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7f:
                let digits = Array("0123456789abcdef".utf8)
                bytes += "\\u00".utf8
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension String {
    /// At most so many bytes from the beginning, and no part of a character's code.
    package func prefix(bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
