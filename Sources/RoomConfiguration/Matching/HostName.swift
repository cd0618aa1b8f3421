/// The rules for host names: those of RFC 1123 §2.1, plus the underscore, which container networks use.
enum HostName {
    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Throws unless `name`, which stands in `text`, is a lower-case name, an IPv4 address, or an IPv6 address in
    /// brackets.
    static func validate(_ name: String, in text: String) throws(Mistake) {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw Mistake(
                "\(text.quoted) has letters that host names do not carry on the wire",
                "write its punycode form, such as xn--bcher-kva.example")
        }
        if name.hasPrefix("[") {
            guard name.hasSuffix("]"), let address = IPAddress(name.dropFirst().dropLast()), address.family == .v6
            else {
                throw Mistake(
                    "\(text.quoted) is not an IPv6 address in brackets, without a port",
                    "write one such as [2001:db8::1]")
            }
            return
        }
        if name.contains("://") || name.contains("/") {
            throw Mistake("\(text.quoted) is a URL or a path", "write the host name alone, such as shop.example.com")
        }
        if IPAddress(name)?.family == .v6 {
            throw Mistake("\(text.quoted) is an IPv6 address without brackets", "write [\(name)]")
        }
        if let colon = name.firstIndex(of: ":") {
            throw Mistake("\(text.quoted) has a port", "write \(name[..<colon]); every port of the listener is meant")
        }
        guard isValid(name) else {
            throw Mistake("\(text.quoted) is not a host name", "write one such as shop.example.com")
        }
    }

    private static func isValid(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let areValid = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy(isLetterDigitOrHyphen)
        }
        // A last label of digits makes the name an IPv4 address (RFC 3986 §7.4: anything but four numbers is a trap).
        let endsInNumber = labels.last?.allSatisfy { (0x30...0x39).contains($0) } ?? false
        return areValid && (!endsInNumber || IPAddress(name) != nil)
    }

    private static func isLetterDigitOrHyphen(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
