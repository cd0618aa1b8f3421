import Testing

@testable import VisitorAPI

struct QRCodeTests {
    /// Lengths of texts, versions, and the FNV-1a hash of the modules as another encoder (PyPI `qrcode` 8) lays them down
    /// with the same mask. That they can be read, `test_handover.py` asks a reader of its own.
    @Test(
        "Codes of every version are those of another encoder",
        arguments: [
            (10, 1, 0x176e_9512_aa6e_55a9), (20, 2, 0x8d79_af59_56a2_e0b9), (35, 3, 0x093d_8538_1591_d2b5),
            (50, 4, 0x6ec8_6b3b_bd78_661d), (70, 5, 0x04c9_8bdc_ce09_2883), (100, 6, 0x1662_b27b_1ef0_033e),
            (115, 7, 0x4dbf_d81d_65cc_3a1f), (140, 8, 0x6370_a6b3_b7f4_8607), (170, 9, 0xaaa3_9e5a_eaf1_6205),
            (200, 10, 0x9f4e_c081_ff2b_dc6d),
        ] as [(Int, Int, UInt64)])
    func modules(length: Int, version: Int, hash: UInt64) throws {
        let text = String(repeating: "HTTPS://example.com/__anteroom/rooms/hall/move?code=", count: 5).prefix(length)
        let code = try #require(QRCode(String(text)))
        #expect(code.version.number == version && code.size == 17 + 4 * version)
        var found: UInt64 = 14_695_981_039_346_656_037
        for y in 0..<code.size {
            for x in 0..<code.size {
                found = (found ^ UInt64(UInt8(ascii: code[x, y] ? "1" : "0"))) &* 1_099_511_628_211
            }
        }
        #expect(found == hash)
    }

    @Test("What is too long for the tenth version has no code")
    func tooLong() {
        #expect(QRCode(String(repeating: "x", count: 213))?.version.number == 10)
        #expect(QRCode(String(repeating: "x", count: 214)) == nil)
    }

    @Test("The picture has a light border of four modules, and as many dark ones as the code")
    func picture() throws {
        let code = try #require(QRCode("hall"))
        var body: [UInt8] = []
        code.appendSVG(to: &body)
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.hasPrefix("<svg class=\"qr\" viewBox=\"0 0 29 29\""))
        var dark = 0
        for run in text.split(separator: "M").dropFirst(2) {
            let numbers = run.split { !$0.isNumber }.compactMap { Int($0) }
            #expect(numbers[0] >= 4 && numbers[1] >= 4 && numbers[0] + numbers[2] <= 25 && numbers[4] == numbers[0])
            dark += numbers[2]
        }
        var expected = 0
        for y in 0..<code.size { for x in 0..<code.size where code[x, y] { expected += 1 } }
        #expect(dark == expected)
    }
}
