import Testing

@testable import HTTPWire

@Suite struct ChunkedDecoderTests {
    /// Feeds the pieces one after the other.
    /// - Returns: the body and how many bytes were taken; nil if it was refused.
    private func decode(_ pieces: [ArraySlice<UInt8>]) -> (body: [UInt8], taken: Int, hasEnded: Bool)? {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        var taken = 0
        for piece in pieces {
            var rest = piece
            while !rest.isEmpty, !decoder.hasEnded {
                let step = rest.withUnsafeBytes { bytes in try? decoder.step(bytes) }
                guard let step else { return nil }
                switch step {
                case .skip(let count), .end(let count):
                    rest = rest.dropFirst(count)
                    taken += count
                case .data(let count):
                    body += rest.prefix(count)
                    rest = rest.dropFirst(count)
                    taken += count
                }
            }
        }
        return (body, taken, decoder.hasEnded)
    }

    private let text = Array("3;x=\"y\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET".utf8)

    @Test("Extensions and trailers are dropped, and nothing behind the end is taken")
    func whole() throws {
        let result = try #require(decode([text[...]]))
        #expect(result.body == Array("abc0123456789".utf8))
        #expect(result.taken == text.count - 3)
        #expect(result.hasEnded)
    }

    @Test("Any split of the input gives the same result")
    func fragments() throws {
        for first in 0...text.count {
            for second in stride(from: first, through: text.count, by: 3) {
                let result = try #require(decode([text[..<first], text[first..<second], text[second...]]))
                #expect(result.body == Array("abc0123456789".utf8))
                #expect(result.taken == text.count - 3)
            }
        }
        let bytewise = try #require(decode(text.indices.map { text[$0...$0] }))
        #expect(bytewise.hasEnded && bytewise.body.count == 13)
    }

    // RFC 9112 §7.1; trailers are field lines, §7.1.2 and §5.1.
    @Test(
        "What is no chunk is refused",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n",
            "1\r\nab\r\n", "1\r\na\n", "1\r\na\r1", "1\r\ra", "1;\n\r\na", "1;a\u{0}\r\n", "1000000000000000\r\n",
            "0\r\n\n", "0\r\nA: b\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\n\r\r",
            "0\r\nA\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\n\u{e9}: b\r\n\r\n",
        ])
    func malformed(text: String) {
        #expect(decode([Array(text.utf8)[...]]) == nil)
    }

    @Test("Extensions and trailers are bounded, chunk by chunk")
    func bounded() {
        let long = String(repeating: "e", count: 9000)
        #expect(decode([Array("1;\(long)\r\na\r\n".utf8)[...]]) == nil)
        #expect(decode([Array("0\r\nA: \(long)\r\n\r\n".utf8)[...]]) == nil)
        let chunk = "1;\(String(repeating: "e", count: 1000))\r\na\r\n"
        let many = Array((String(repeating: chunk, count: 50) + "0\r\n\r\n").utf8)
        #expect(decode([many[...]])?.body.count == 50)
    }
}
