#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension Span<UInt8> {
    func holds(_ expected: String, at range: Range<Int>) -> Bool {
        guard expected.utf8.count == range.count else { return false }
        var index = range.lowerBound
        for byte in expected.utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    func holdsSame(at a: Range<Int>, and b: Range<Int>) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where self[a.lowerBound + offset] != self[b.lowerBound + offset] { return false }
        return true
    }

    /// Whether these are the same bytes.
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard other.count == count else { return false }
        return unsafe withUnsafeBytes { own in
            guard let own = own.baseAddress, let other = other.baseAddress else { return true }
            return unsafe memcmp(own, other, count) == 0
        }
    }
}
