import SessionTokens

/// The random numbers of one event loop, and what pages are given of them. Bound to its loop.
final class LoopRandom: RandomNumberGenerator {
    private var reserve = RandomReserve()
    private var text: [UInt8] = []
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    func next() -> UInt64 { reserve.next() }

    /// 16 random bytes in Base64 (RFC 4648 §4), for a content security policy.
    func nonce() -> String {
        var (high, low) = (next(), next())
        text.removeAll(keepingCapacity: true)
        // 128 bits are 21 digits and two bits of another.
        for _ in 0..<22 {
            text.append(Self.alphabet[Int(high >> 58)])
            high = high << 6 | low >> 58
            low <<= 6
        }
        text.append(contentsOf: "==".utf8)
        return String(decoding: text, as: UTF8.self)
    }
}
