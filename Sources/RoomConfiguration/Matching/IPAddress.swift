/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Family: Hashable, Sendable {
        case v4, v6

        /// The length of an address in bits.
        package var bits: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// The upper 64 bits; 0 for IPv4.
    package let high: UInt64
    /// The lower 64 bits; an IPv4 address is in the lower 32 of them.
    package let low: UInt64

    /// The IPv4 address with these bits in host byte order.
    package init(v4 bits: UInt32) {
        family = .v4
        high = 0
        low = UInt64(bits)
    }

    /// The IPv6 address with these bits in host byte order, or the IPv4 address that is mapped into it.
    package init(v6High high: UInt64, low: UInt64) {
        let isMapped = high == 0 && low >> 32 == 0xffff
        family = isMapped ? .v4 : .v6
        self.high = high
        self.low = isMapped ? low & 0xffff_ffff : low
    }

    /// Nil unless the text is an address in one of the forms of RFC 4291 §2.2 or four decimal numbers without leading
    /// zeros. Zones and brackets are refused. Does not allocate for native strings.
    package init?(_ text: some StringProtocol) {
        var groups = GroupReader()
        for byte in text.utf8 where !groups.take(byte) { return nil }
        guard let address = groups.finish() else { return nil }
        self = address
    }

    /// An entry of `X-Forwarded-For`: an address, as some proxies write it in brackets or with a port.
    package init?(hop: some StringProtocol) {
        var text = Substring(hop).drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), Self.isPort(text[text.index(after: end)...]) else { return nil }
            text = text[text.index(after: text.startIndex)..<end]
            guard text.contains(":") else { return nil }
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            guard Self.isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        self.init(text)
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.first else { return true }
        return first == ":" && (try? PortText.parse(text.dropFirst(), from: 0, in: "")) != nil
    }

    /// Four decimal numbers, or the form of RFC 5952.
    package var description: String {
        guard family == .v6 else {
            return [24, 16, 8, 0].map { (shift: UInt64) in String((low >> shift) & 0xff) }.joined(separator: ".")
        }
        let shifts: [UInt64] = [48, 32, 16, 0]
        let groups: [UInt64] = shifts.map { (high >> $0) & 0xffff } + shifts.map { (low >> $0) & 0xffff }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(0..<8) }
        return "\(text(0..<longest.lowerBound))::\(text(longest.upperBound..<8))"
    }
}

/// Reads an address one byte at a time.
private struct GroupReader {
    /// The 16-bit groups that are complete, the first in the highest bits.
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var groups = 0
    /// How many groups stand before "::".
    private var gap: Int?
    private var value: UInt64 = 0
    /// The same digits read as a decimal number, in case a dot follows.
    private var decimal: UInt64 = 0
    private var digits = 0
    private var isHexadecimal = false
    private var startsWithZero = false
    /// The decimal numbers that are complete.
    private var octets = 0
    private var v4: UInt64 = 0
    private var colons = 0
    private var isFirst = true

    /// False if no address goes on like this.
    mutating func take(_ byte: UInt8) -> Bool {
        defer { isFirst = false }
        switch byte {
        case UInt8(ascii: "."):
            return endOctet()
        case UInt8(ascii: ":"):
            return takeColon()
        default:
            // A single colon cannot begin an address.
            guard !(colons == 1 && groups == 0 && gap == nil) else { return false }
            colons = 0
            return takeDigit(byte)
        }
    }

    private mutating func takeDigit(_ byte: UInt8) -> Bool {
        let digit: UInt64
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt64(byte - UInt8(ascii: "A")) + 10
        default: return false
        }
        if digits == 0 { startsWithZero = digit == 0 }
        if digit > 9 { isHexadecimal = true }
        value = value << 4 | digit
        decimal = decimal * 10 + digit
        digits += 1
        return digits <= 4
    }

    private mutating func takeColon() -> Bool {
        guard octets == 0 else { return false }
        if digits > 0 {
            colons = 1
            return endGroup()
        }
        colons += 1
        guard colons <= 2 else { return false }
        if colons == 2 {
            guard gap == nil else { return false }
            gap = groups
        } else {
            return isFirst
        }
        return true
    }

    private mutating func endGroup() -> Bool {
        guard groups < 8, digits > 0 else { return false }
        append(value)
        clearDigits()
        return true
    }

    private mutating func append(_ group: UInt64) {
        high = high << 16 | low >> 48
        low = low << 16 | group
        groups += 1
    }

    private mutating func endOctet() -> Bool {
        guard digits > 0, !isHexadecimal, decimal <= 255, octets < 4, !(startsWithZero && digits > 1) else {
            return false
        }
        v4 = v4 << 8 | decimal
        octets += 1
        clearDigits()
        return true
    }

    private mutating func clearDigits() {
        value = 0
        decimal = 0
        digits = 0
        isHexadecimal = false
    }

    mutating func finish() -> IPAddress? {
        if octets > 0 {
            guard endOctet(), octets == 4 else { return nil }
            if groups == 0 && gap == nil { return IPAddress(v4: UInt32(v4)) }
            guard groups <= 6 else { return nil }
            append(v4 >> 16)
            append(v4 & 0xffff)
        } else if digits > 0 {
            guard endGroup() else { return nil }
        } else if colons == 1 {
            return nil
        }
        guard let gap else { return groups == 8 ? IPAddress(v6High: high, low: low) : nil }
        // "::" stands for at least one group.
        guard groups < 8 else { return nil }
        return filled(behind: gap)
    }

    /// The groups before the gap moved to the front, those behind it left where they are.
    private func filled(behind gap: Int) -> IPAddress {
        var bits = UInt128(high) << 64 | UInt128(low)
        let tail = UInt128(16 * (groups - gap))
        let front = bits >> tail
        bits = front << UInt128(16 * (8 - gap)) | bits & ((1 << tail) - 1)
        return IPAddress(v6High: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}
