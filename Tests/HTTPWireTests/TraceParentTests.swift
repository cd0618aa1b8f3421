import Testing

@testable import HTTPWire

@Suite("traceparent")
struct TraceParentTests {
    private func read(_ text: String) -> TraceParent? {
        Array(text.utf8).withUnsafeBytes { TraceParent($0) }
    }

    static let trace = "0af7651916cd43dd8448eb211c80319c"

    @Test("A valid one is read, and written as it was")
    func roundTrip() throws {
        for flag in ["00", "01"] {
            let text = "00-\(TraceParentTests.trace)-b7ad6b7169203331-\(flag)"
            let parent = try #require(read(text))
            #expect(parent.traceID == TraceParent.UInt64Pair(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
            #expect(parent.spanID == 0xb7ad_6b71_6920_3331 && parent.isSampled == (flag == "01"))
            #expect(String(decoding: parent.bytes, as: UTF8.self) == text)
        }
    }

    @Test("Of the flags only the sampled one is known; a later version is read as far as it is known")
    func later() {
        #expect(read("00-\(TraceParentTests.trace)-b7ad6b7169203331-03")?.isSampled == true)
        #expect(read("00-\(TraceParentTests.trace)-b7ad6b7169203331-fe")?.isSampled == false)
        #expect(read("cc-\(TraceParentTests.trace)-b7ad6b7169203331-01")?.isSampled == true)
        #expect(read("cc-\(TraceParentTests.trace)-b7ad6b7169203331-01-what-comes-then")?.isSampled == true)
        #expect(read("cc-\(TraceParentTests.trace)-b7ad6b7169203331-01.what") == nil)
    }

    @Test(
        "Anything else is invalid",
        arguments: [
            "", "00", "00-\(TraceParentTests.trace)-b7ad6b7169203331",
            "00-\(TraceParentTests.trace)-b7ad6b7169203331-0", "00-\(TraceParentTests.trace)-b7ad6b7169203331-01-",
            "00-\(TraceParentTests.trace)-b7ad6b7169203331-01-x", "ff-\(TraceParentTests.trace)-b7ad6b7169203331-01",
            "0-0\(TraceParentTests.trace)-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-\(TraceParentTests.trace)-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-\(TraceParentTests.trace)-b7ad6b716920333g-01",
            "00-\(TraceParentTests.trace)-b7ad6b7169203331-1x", "00_\(TraceParentTests.trace)-b7ad6b7169203331-01",
            " 0-\(TraceParentTests.trace)-b7ad6b7169203331-01",
        ])
    func invalid(text: String) {
        #expect(read(text) == nil)
    }
}
