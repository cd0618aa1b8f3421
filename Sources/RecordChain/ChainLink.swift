/// A recorded text and its hash. The text is a JSON object, a line of the journal or a message of the stream; the hash
/// stands in it as its last member, `chainhash`, and is that of the text without this member. So whoever has the bytes can
/// compute it anew without knowing what they mean: docs/RECORD.md.
package struct ChainLink: Hashable, Sendable {
    private static let head = Array(",\"chainhash\":\"".utf8)
    private static let tail = Array("\"}".utf8)
    private static let length = head.count + ChainHash.digitCount + tail.count

    /// The text as it was before it got its hash.
    package let content: [UInt8]
    package let hash: ChainHash

    /// Nil if the text does not end with a hash.
    package init?(_ text: ArraySlice<UInt8>) {
        guard let hash = Self.hash(of: text) else { return nil }
        content = text.dropLast(Self.length) + [UInt8(ascii: "}")]
        self.hash = hash
    }

    /// Only the hash that a text ends with; nil if it does not. O(1).
    package static func hash(of text: ArraySlice<UInt8>) -> ChainHash? {
        let end = text.suffix(length)
        guard end.starts(with: head), end.suffix(tail.count).elementsEqual(tail) else { return nil }
        return ChainHash(end.dropFirst(head.count).dropLast(tail.count))
    }

    /// Gives the object that stands in `text` from `start` on its hash.
    /// - Returns: the hash.
    package static func close(_ text: inout [UInt8], from start: Int = 0, after previous: ChainHash) -> ChainHash {
        let hash = previous.followed(by: text[start...])
        text.removeLast()
        text += head
        hash.append(to: &text)
        text += tail
        return hash
    }

    package func follows(_ previous: ChainHash) -> Bool { previous.followed(by: content) == hash }
}
