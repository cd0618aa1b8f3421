import HTTPWireProperties
import Testing

@testable import HTTPWire

/// Keeps what it is given.
private final class FieldList: HPACKFieldSink {
    var fields: [String] = []
    var soundBefore: [Bool] = []

    func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isSound: Bool) -> Bool {
        fields.append("\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))")
        soundBefore.append(isSound)
        return true
    }
}

private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).compactMap { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
}

private func decode(_ block: [UInt8], with decoder: HPACKDecoder = HPACKDecoder()) throws(HPACKError) -> [String] {
    let list = FieldList()
    let result: Result<Void, HPACKError> = block.withUnsafeBytes { block in
        do throws(HPACKError) {
            return .success(try decoder.decode(block, scratch: HPACKScratch(), to: list))
        } catch {
            return .failure(error)
        }
    }
    try result.get()
    return list.fields
}

@Suite("HPACK (RFC 7541)")
struct HPACKTests {
    @Test("The requests of appendices C.3 and C.4, plain and compressed, on one connection each")
    func requestsOfTheRFC() throws {
        let expected = [
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
            [
                ":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com",
                "custom-key: custom-value",
            ],
        ]
        let plain = [
            "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ]
        let compressed = [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ]
        for blocks in [plain, compressed] {
            let decoder = HPACKDecoder()
            #expect(try blocks.map { try decode(bytes($0), with: decoder) } == expected)
        }
    }

    @Test("The answers of appendix C.6, whose table is resized to 256 bytes, so that entries fall out")
    func answersOfTheRFC() throws {
        let decoder = HPACKDecoder()
        let first =
            "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae"
            + "82ae43d3"
        #expect(
            try decode(bytes(first), with: decoder) == [
                ":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com",
            ])
        #expect(
            try decode(bytes("4883640effc1c0bf"), with: decoder) == [
                ":status: 307", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com",
            ])
        let third =
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f"
            + "3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"
        #expect(
            try decode(bytes(third), with: decoder) == [
                ":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT",
                "location: https://www.example.com", "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ])
        // Three entries have found room; the date is the oldest of them.
        #expect(try decode([0xc0], with: decoder) == ["date: Mon, 21 Oct 2013 20:13:22 GMT"])
        #expect(throws: HPACKError.self) { try decode([0xc1], with: decoder) }
    }

    @Test("A long life on one table: names of evicted fields, growth and eviction, against a plain model")
    func longLife() throws {
        let decoder = HPACKDecoder()
        var model: [(name: String, value: String)] = []
        var generator = SplitMix(state: 7)
        func size(_ field: (name: String, value: String)) -> Int { field.name.count + field.value.count + 32 }
        for round in 0..<3000 {
            let isNamed = !model.isEmpty && generator.next() % 3 == 0
            let index = isNamed ? Int(generator.next() % UInt64(model.count)) : 0
            let name = isNamed ? model[index].name : "name-\(generator.next() % 50)"
            let value = String(repeating: "v", count: Int(generator.next() % (round % 40 == 0 ? 4200 : 300)))
            var block: [UInt8] = []
            append(isNamed ? 62 + index : 0, prefix: 6, first: 0x40, to: &block)
            if !isNamed { appendString(name, to: &block) }
            appendString(value, to: &block)
            #expect(try decode(block, with: decoder) == ["\(name): \(value)"])
            model.insert((name, value), at: 0)
            while model.reduce(0, { $0 + size($1) }) > 4096 { model.removeLast() }
            if let last = model.indices.last {
                var look: [UInt8] = []
                append(62 + last, prefix: 7, first: 0x80, to: &look)
                #expect(try decode(look, with: decoder) == ["\(model[last].name): \(model[last].value)"])
                var beyond: [UInt8] = []
                append(63 + last, prefix: 7, first: 0x80, to: &beyond)
                #expect(throws: HPACKError.self) { try decode(beyond, with: decoder) }
            }
        }
    }

    private func append(_ value: Int, prefix: Int, first: UInt8, to block: inout [UInt8]) {
        let mask = 1 << prefix - 1
        if value < mask {
            block.append(first | UInt8(value))
            return
        }
        block.append(first | UInt8(mask))
        var rest = value - mask
        while rest >= 128 {
            block.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        block.append(UInt8(rest))
    }

    private func appendString(_ text: String, to block: inout [UInt8]) {
        append(text.utf8.count, prefix: 7, first: 0, to: &block)
        block += Array(text.utf8)
    }

    @Test("A field that was found sound in the table is not looked at again")
    func soundness() throws {
        let decoder = HPACKDecoder()
        let list = FieldList()
        let blocks = [[0x40, 0x01, 0x61, 0x01, 0x62], [0xbe], [0x82], [0x00, 0x01, 0x61, 0x01, 0x62]] as [[UInt8]]
        for block in blocks {
            try block.withUnsafeBytes { try decoder.decode($0, scratch: HPACKScratch(), to: list) }
        }
        #expect(list.soundBefore == [false, true, true, false])
    }

    @Test(
        "Blocks that nobody may read",
        arguments: [
            "80", "c6", "7f0701780179", "00", "0001", "000161", "00016105", "0f", "3fe21f", "8220", "20202082",
            "7fffffffffffff",
            // Huffman: eight bits of padding, zeros as padding, EOS.
            "0085f2b24a84ff8449509fff", "0085f2b24a84ff83495090", "0085f2b24a84ff8751fffffffa7fff",
        ])
    func refused(block: String) {
        #expect(throws: HPACKError.self) { try decode(bytes(block)) }
    }

    @Test("Each symbol's code leads to the symbol, wherever in a byte it begins")
    func everySymbol() throws {
        // RFC 7541 C.4 and C.6 show the usual ones; here all, by encoding them with a table of codes of its own.
        let codes = HuffmanReference.codes
        for symbol in 0..<256 {
            let symbols = [UInt8(symbol), 0x61, UInt8(symbol), 0x30, UInt8(symbol)]
            var bits = symbols.map { codes[Int($0)] }.joined()
            while bits.count % 8 != 0 { bits += "1" }
            let encoded = stride(from: 0, to: bits.count, by: 8).map { offset in
                let start = bits.index(bits.startIndex, offsetBy: offset)
                return UInt8(bits[start..<bits.index(start, offsetBy: 8)], radix: 2) ?? 0
            }
            var out = [UInt8](repeating: 0, count: encoded.count * 2)
            let count = encoded.withUnsafeBytes { encoded in
                out.withUnsafeMutableBytes { out in
                    out.baseAddress.flatMap { HuffmanCode.hpack.decode(encoded, to: $0) }
                }
            }
            #expect(count == 5 && Array(out.prefix(5)) == symbols)
        }
    }
}
