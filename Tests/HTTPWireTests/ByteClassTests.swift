import Testing

@testable import HTTPWire

@Suite struct ByteClassTests {
    @Test(
        "Each control character but the tab is found, wherever it stands and whatever is beside it",
        arguments: [0x20, 0x61, 0x7e, 0x80, 0xff] as [UInt8])
    func controls(beside neighbour: UInt8) {
        for length in [1, 7, 8, 9, 23] {
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var text = [UInt8](repeating: neighbour, count: length)
                    text[position] = byte
                    let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7f
                    #expect(text.withUnsafeBytes { ByteClass.isFieldValue($0) } == !isControl)
                }
            }
        }
    }

    @Test("A token ends at the first byte that may not stand in one (RFC 9110 §5.6.2)")
    func tokens() {
        let others = "!#$%&'*+-.^_`|~"
        for byte in UInt8.min...UInt8.max {
            let isTchar =
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: others.utf8.contains(byte)
                }
            let text = [UInt8(ascii: "x"), byte, UInt8(ascii: "y")]
            #expect(text.withUnsafeBytes { ByteClass.tokenLength($0) } == (isTchar ? 3 : 1))
        }
    }

    @Test("Bytes are compared with a text exactly", arguments: ["", ":path", ":Path", ":pat", ":paths"])
    func exactly(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { ByteClass.areExactly($0, ":path") } == (text == ":path"))
    }
}
