/// The fields of a small form, as browsers send it: application/x-www-form-urlencoded. A field that comes twice is the first
/// of them.
struct FormBody {
    private var fields: [String: String] = [:]

    /// - Parameter text: a body, or the query of an address. No more than 16 fields are read.
    init(_ text: some Sequence<UInt8>) {
        for pair in Array(text).split(separator: UInt8(ascii: "&"), maxSplits: 15) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            if fields[name] == nil { fields[name] = parts.count == 2 ? Self.decoded(parts[1]) : "" }
        }
    }

    subscript(name: String) -> String? { fields[name] }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                if digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
                    result.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    result.append(byte)
                }
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
