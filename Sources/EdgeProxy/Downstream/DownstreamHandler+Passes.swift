import HTTPWire
import VisitorAPI

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Links with a pass: `…?anteroom_pass=TOKEN`.
extension DownstreamHandler {
    private static let parameter: StaticString = "anteroom_pass="

    /// What a request with such a link becomes; nil for every other. Costs a request without a query one comparison, and
    /// none an allocation.
    ///
    /// The pass goes no further: not to an origin, and not into the access log, which shows no query then.
    func passLink(
        _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) -> (token: [UInt8], target: String)? {
        guard exchange.path.upperBound < exchange.target.upperBound else { return nil }
        let behind = max(exchange.path.upperBound, exchange.target.lowerBound)..<exchange.target.upperBound
        guard let mark = unsafe Self.index(of: UInt8(ascii: "?"), in: bytes, behind),
            unsafe Self.hasPass(bytes, mark + 1..<behind.upperBound)
        else { return nil }
        var token: [UInt8] = []
        var target = unsafe withPath(of: exchange, bytes) { unsafe Array($0) }
        var separator = UInt8(ascii: "?")
        let query = unsafe Array(bytes[mark + 1..<behind.upperBound])
        for item in query.split(separator: UInt8(ascii: "&")) {
            if item.starts(with: "\(Self.parameter)".utf8) {
                token = Array(item.dropFirst(Self.parameter.utf8CodeUnitCount))
            } else {
                target.append(separator)
                target.append(contentsOf: item)
                separator = UInt8(ascii: "&")
            }
        }
        exchange.target = exchange.target.lowerBound..<mark
        return (token, String(decoding: target, as: UTF8.self))
    }

    private static func hasPass(_ bytes: UnsafeRawBufferPointer, _ query: Range<Int>) -> Bool {
        var item = query
        while unsafe !isPass(bytes, item) {
            guard let end = unsafe index(of: UInt8(ascii: "&"), in: bytes, item) else { return false }
            item = end + 1..<query.upperBound
        }
        return true
    }

    private static func isPass(_ bytes: UnsafeRawBufferPointer, _ item: Range<Int>) -> Bool {
        guard item.count >= parameter.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
        return unsafe memcmp(base + item.lowerBound, parameter.utf8Start, parameter.utf8CodeUnitCount) == 0
    }

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        return unsafe memchr(base + range.lowerBound, Int32(byte), range.count).map {
            unsafe UnsafeRawPointer($0) - base
        }
    }
}
