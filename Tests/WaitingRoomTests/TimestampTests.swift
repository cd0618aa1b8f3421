import Testing
import WaitingRoom

@Suite struct TimestampTests {
    @Test("RFC 3339 is written, and read back")
    func roundTrip() {
        #expect(Timestamp(milliseconds: 1_700_000_000_123).rfc3339 == "2023-11-14T22:13:20.123Z")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            // From the year 0 to the year 9999.
            let time = Timestamp(
                milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test(
        "What is no such time is refused",
        arguments: [
            "", "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123", "2023-11-14 22:13:20.123Z",
            "2023-13-14T22:13:20.123Z", "2023-02-29T22:13:20.123Z", "2023-11-31T22:13:20.123Z",
            "2023-11-14T24:13:20.123Z", "2023-11-14T22:60:20.123Z", "2023-11-14T22:13:20.1x3Z",
            "2023-00-14T22:13:20.123Z",
        ])
    func refused(text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
