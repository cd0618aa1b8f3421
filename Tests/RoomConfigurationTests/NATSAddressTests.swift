import Testing

@testable import RoomConfiguration

@Suite struct NATSAddressTests {
    @Test(
        "Addresses that are understood, and how they are shown",
        arguments: [
            ("nats://h", "nats://h"), ("nats://u:p@h:4222", "nats://h:4222"),
            ("tls://h:1,nats://t@i", "tls://h:1,nats://i"),
            ("nats://[::1]:4222", "nats://[::1]:4222"),
        ])
    func valid(text: String, shown: String) throws {
        let address = try #require(NATSAddress(text))
        #expect("\(address)" == shown)
        #expect(address.url == text)
    }

    @Test(
        "Others are not",
        arguments: [
            "", "h:4222", "http://h", "nats://", "nats://:4222", "nats://h:0", "nats://h:x", "nats://h/x", "nats://h,",
        ])
    func invalid(text: String) {
        #expect(NATSAddress(text) == nil)
    }
}
