import Testing

@testable import SessionTokens

struct Base64URLTests {
    private func decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = [1, 2, 3]
        return Base64URL.decode(Array(text.utf8).span, into: &bytes) ? bytes : nil
    }

    @Test(
        "The examples of RFC 4648 §10 read and write without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func examples(plain: String, text: String) {
        #expect(Base64URL.text(Array(plain.utf8)) == text)
        #expect(decoded(text) == Array(plain.utf8))
    }

    @Test("Every length and byte survives the way there and back")
    func roundTrip() {
        for count in 0..<260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
            #expect(decoded(Base64URL.text(bytes)) == bytes)
        }
    }

    @Test(
        "A second way to write the same bytes is refused",
        arguments: [
            "Zg==", "Zg=", "Zh", "Zm9", "Zm8=", " Zg", "Zg\n", "Z", "Zm9vY", "Zm+v", "Zm/v", "Zm\u{0}v", "Zmév",
        ])
    func notCanonical(text: String) { #expect(decoded(text) == nil) }
}
