import Testing

@testable import RoomConfiguration

struct StoreAddressTests {
    @Test(
        "An address is read in each of its forms",
        arguments: [
            ("127.0.0.1:6379", StoreAddress(host: "127.0.0.1")),
            ("[::1]:7000", StoreAddress(host: "::1", port: 7000)),
            ("redis://db", StoreAddress(host: "db")),
            ("redis://db:7/", StoreAddress(host: "db", port: 7)),
            ("REDISS://db/3", StoreAddress(host: "db", usesTLS: true, database: 3)),
            ("redis://:se%40cret@db:1", StoreAddress(host: "db", port: 1, password: "se@cret")),
            ("redis://ann:a:b@[fe80::1]/0", StoreAddress(host: "fe80::1", user: "ann", password: "a:b")),
        ])
    func forms(text: String, address: StoreAddress) throws {
        #expect(try StoreAddress(text) == address)
    }

    @Test(
        "A mistake is named, and no password with it",
        arguments: [
            ("db", "the port is missing"), ("", "the host is missing"), ("http://db", "the scheme must be"),
            ("db:0", "the port must be"), ("db:70000", "the port must be"), ("redis://db:x", "the port must be"),
            ("redis://db/x", "must be a number"), ("::1:6379", "brackets"), ("[::1", "brackets"),
            ("redis://hunter2@db", "a user needs a password"), ("hunter2:hunter2@db:1", "needs the form"),
            ("redis://:hunter2%2@db", "must be written %25"), ("redis://:hunter2@", "the host is missing"),
        ])
    func mistakes(text: String, reason: String) {
        do throws(StoreAddressError) {
            let address = try StoreAddress(text)
            Issue.record("\(address) was read")
        } catch {
            #expect(error.description.contains(reason))
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test("A description tells neither user nor password")
    func description() throws {
        #expect("\(try StoreAddress("rediss://ann:secret@[::1]:1/2"))" == "rediss://[::1]:1/2")
    }
}
