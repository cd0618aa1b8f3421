/// The claim `bnd`: 128 bits of a salted hash, in text 22 characters of base64url.
package struct BindingDigest: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    static let length = 16

    /// The first 128 bits of a longer hash; nil if it is shorter.
    init?(prefixOf hash: [UInt8]) {
        guard hash.count >= Self.length else { return nil }
        bytes = Array(hash.prefix(Self.length))
    }

    /// Nil unless the text is that of a digest.
    init?(_ text: Span<UInt8>) {
        var decoded: [UInt8] = []
        guard Base64URL.decode(text, into: &decoded), decoded.count == Self.length else { return nil }
        bytes = decoded
    }

    package var description: String { Base64URL.text(bytes) }
}
