/// The rules for paths in the configuration. They are compared with normalised paths (RFC 3986 §6.2.2), so one that no
/// normalised path can equal is a mistake: it would never match.
enum PathText {
    static let longest = 1024

    /// A path prefix without a slash at the end, but for "/" itself.
    static func prefix(_ text: String) throws(Mistake) -> String {
        guard text.hasPrefix("/") else {
            throw Mistake("\(text.quoted) is not a path", "write one that begins with \"/\", such as /tickets")
        }
        if text.contains("*") {
            let prefix = String(text.prefix { $0 != "*" })
            throw Mistake(
                "\(text.quoted) has a \"*\", but a prefix matches everything below it",
                "write \(withoutSlashAtEnd(prefix))")
        }
        try validate(text)
        return withoutSlashAtEnd(text)
    }

    /// Throws unless `text` could be (with its stars, be made) a normalised path.
    static func validate(_ text: String) throws(Mistake) {
        let bytes = Array(text.utf8)
        guard bytes.count <= longest else {
            throw Mistake("the path has \(bytes.count) bytes", "write at most \(longest)")
        }
        if text.contains("?") || text.contains("#") {
            throw Mistake("\(text.quoted) has a query or a fragment", "write the path alone; the query is not compared")
        }
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            throw Mistake(
                "\(text.quoted) has letters outside ASCII", "write them percent-encoded, such as %C3%A9 for é")
        }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        if segments.contains(".") || segments.contains("..") {
            throw Mistake("\(text.quoted) has a dot segment", "write the path that remains without \".\" and \"..\"")
        }
        if text.contains("//") {
            throw Mistake("\(text.quoted) has an empty segment", "write single slashes")
        }
        for index in bytes.indices where !isAllowed(bytes[index]) {
            if bytes[index] == UInt8(ascii: "%") {
                try validateEscape(bytes[index...].prefix(3), in: text)
            } else {
                throw Mistake(
                    "\(text.quoted) has a character that paths do not carry as it is", "write it percent-encoded")
            }
        }
    }

    private static func validateEscape(_ escape: ArraySlice<UInt8>, in text: String) throws(Mistake) {
        let digits = escape.dropFirst()
        let isUpperCase = digits.allSatisfy {
            (0x30...0x39).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0)
        }
        guard digits.count == 2, isUpperCase, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else {
            throw Mistake(
                "\(text.quoted) has a \"%\" without two digits behind it", "write two of 0-9 and A-F, such as %20")
        }
        if isUnreserved(value) {
            throw Mistake(
                "\(text.quoted) has an escape that is not needed", "write \(Character(UnicodeScalar(value))) as it is")
        }
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    /// RFC 3986 §3.3, "*" included.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        isUnreserved(byte) || "/!$&'()*+,;=:@".utf8.contains(byte)
    }

    static func withoutSlashAtEnd(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
