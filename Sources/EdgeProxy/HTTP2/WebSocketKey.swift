/// The key of a WebSocket's opening handshake (RFC 6455 §4.1), for a visitor whose HTTP/2 has none.
enum WebSocketKey {
    /// 16 random bytes in base64.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        // 126 bits; the last two of 128 are zero, so that the 22nd digit is one that base64 of 16 bytes can have.
        var digits = (0..<21).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] }
        digits.append(alphabet[16 * Int.random(in: 0..<4, using: &generator)])
        return String(decoding: digits + Array("==".utf8), as: UTF8.self)
    }
}
