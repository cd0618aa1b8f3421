import Testing

@testable import RecordChain

struct ChainTests {
    private static func texts(_ count: Int) -> [[UInt8]] {
        var head = ChainHash.beginning
        return (1...count).map { number in
            var text = Array("{\"sequence\":\"\(number)\"}".utf8)
            head = ChainLink.close(&text, after: head)
            return text
        }
    }

    private static func breaks(_ texts: [([UInt8], UInt64)], kept: [UInt64: ChainHash] = [:]) -> [ChainChecker.Break] {
        var checker = ChainChecker(kept: kept)
        for (text, number) in texts { checker.observe(text[...], sequence: number) }
        return checker.breaks + checker.missing
    }

    private static func numbered(_ texts: [[UInt8]]) -> [([UInt8], UInt64)] {
        zip(texts, 1...).map { ($0, UInt64($1)) }
    }

    @Test("The first hash is what sha256sum says of 32 zeros and the text, and the text still is JSON")
    func vector() {
        // (head -c 32 /dev/zero; printf '{"sequence":"1"}') | sha256sum
        let hash = "f062c10be20b4716eb8901036aa1b75686197d73aa55f314a84d77462b852d58"
        let text = Self.texts(1)[0]
        #expect(String(decoding: text, as: UTF8.self) == #"{"sequence":"1","chainhash":"\#(hash)"}"#)
        #expect(ChainLink(text[...])?.content == Array(#"{"sequence":"1"}"#.utf8))
        #expect(ChainHash(hash)?.description == hash)
        for other in ["", String(hash.dropLast()), hash.uppercased(), hash + "0"] { #expect(ChainHash(other) == nil) }
    }

    @Test("What was recorded holds; each changed, removed, added or moved text is found and named")
    func tampering() {
        let texts = Self.numbered(Self.texts(9))
        #expect(Self.breaks(texts).isEmpty)
        for index in 0..<8 {
            var changed = texts
            changed[index].0[13] ^= 1
            #expect(Self.breaks(changed).map(\.sequence) == [UInt64(index + 1)])

            var removed = texts
            removed.remove(at: index)
            #expect(Self.breaks(removed).map(\.sequence) == [UInt64(index + 2)])

            var swapped = texts
            swapped.swapAt(index, index + 1)
            #expect(Self.breaks(swapped).first?.sequence == UInt64(index + 2))

            // With a hash of its own, as whoever writes to the record can make it.
            var forged = texts
            forged[index].0 = Array("{\"sequence\":\"0\"}".utf8)
            let before = index == 0 ? .beginning : ChainLink.hash(of: texts[index - 1].0[...]) ?? .beginning
            _ = ChainLink.close(&forged[index].0, after: before)
            #expect(Self.breaks(forged).map(\.sequence) == [UInt64(index + 2)])

            var stripped = texts
            stripped[index].0 = Array("{\"sequence\":\"\(index + 1)\"}".utf8)
            #expect(Self.breaks(stripped).map(\.sequence).contains(UInt64(index == 0 ? 2 : index + 1)))
        }
    }

    @Test("A record that was written anew from its beginning shows in a hash that somebody had kept")
    func rewriting() throws {
        let texts = Self.texts(9)
        let kept = [4: try #require(ChainLink.hash(of: texts[3][...]))] as [UInt64: ChainHash]
        #expect(Self.breaks(Self.numbered(texts), kept: kept).isEmpty)
        var head = ChainHash.beginning
        let anew = (1...9).map { number in
            var text = Array("{\"sequence\":\"\(number == 2 ? 22 : number)\"}".utf8)
            head = ChainLink.close(&text, after: head)
            return text
        }
        #expect(Self.breaks(Self.numbered(anew)).isEmpty)
        #expect(Self.breaks(Self.numbered(anew), kept: kept).map(\.reason) == [.rewritten])
        #expect(Self.breaks(Self.numbered(Array(texts.prefix(3))), kept: kept).map(\.sequence) == [4])
    }

    @Test("A chain begins where an older version ends, and may go on behind a snapshot")
    func beginnings() throws {
        var texts = Self.numbered(Self.texts(3)).map { ($0.0, $0.1 + 2) }
        texts.insert((Array("{}".utf8), 1), at: 0)
        texts.insert((Array("{}".utf8), 2), at: 1)
        var checker = ChainChecker()
        for (text, number) in texts { checker.observe(text[...], sequence: number) }
        #expect(checker.breaks.isEmpty && checker.beginning == 3 && checker.sequence == 5)

        var behind = ChainChecker()
        behind.begin(after: 4, ChainLink.hash(of: texts[3].0[...]))
        behind.observe(texts[4].0[...], sequence: 5)
        #expect(behind.breaks.isEmpty && behind.head == checker.head)
    }
}
