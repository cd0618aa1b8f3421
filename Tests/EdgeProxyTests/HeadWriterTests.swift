import NIOCore
import Testing

@testable import EdgeProxy

@Suite struct HeadWriterTests {
    private func written(capacity: Int, _ body: (inout HeadWriter) -> Void) -> String {
        var buffer = ByteBuffer()
        HeadWriter.write(into: &buffer, capacity: capacity, body)
        return String(buffer: buffer)
    }

    @Test(arguments: [0, 1, 7, 64, 4096])
    func writesAllPiecesWhateverRoomWasExpected(capacity: Int) {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 300)
        let text = written(capacity: capacity) { out in
            out.append("A: ")
            out.append(piece)
            out.append("b" + "c")
            out.append("\r\n")
        }
        #expect(text == "A: " + String(repeating: "x", count: 300) + "bc\r\n")
    }

    @Test func appendsBehindWhatIsThere() {
        var buffer = ByteBuffer(string: "before ")
        HeadWriter.write(into: &buffer, capacity: 0) { $0.append([UInt8](repeating: 0x61, count: 1000)) }
        #expect(String(buffer: buffer) == "before " + String(repeating: "a", count: 1000))
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (10, "10"), (503, "503"), (12_859, "12859"), (Int.max, "\(Int.max)"), (-1, ""),
    ])
    func numbersAreDecimal(number: Int, expected: String) {
        #expect(written(capacity: 4) { $0.append(number) } == expected)
    }

    @Test(arguments: [0, 100])
    func takesBackWhatWasWritten(capacity: Int) {
        let text = written(capacity: capacity) { out in
            out.append("Cookie: ")
            let start = out.count
            out.append("a=1; ")
            while let last = out.last(from: start), last == UInt8(ascii: ";") || last == UInt8(ascii: " ") {
                out.truncate(to: out.count - 1)
            }
            out.append("\r\n")
        }
        #expect(text == "Cookie: a=1\r\n")
    }

    @Test func nothingIsBeforeTheStart() {
        _ = written(capacity: 10) { out in
            #expect(out.last(from: 0) == nil)
            out.append("a")
            #expect(out.last(from: 1) == nil)
            #expect(out.last(from: 0) == UInt8(ascii: "a"))
        }
    }
}
