import RoomConfiguration
import Testing

@testable import AdminClient

@Suite("Where a gate is, and the key for it")
struct AddressAndKeyTests {
    let key = String(repeating: "a", count: 32)
    let other = String(repeating: "b", count: 40)

    @Test(
        "An address is a scheme, a host and a port, and perhaps a path",
        arguments: [
            ("http://127.0.0.1:9090", "http://127.0.0.1:9090"),
            ("https://ops.example.com/gate/", "https://ops.example.com/gate"),
            ("localhost:9090", "http://localhost:9090"), ("http://[::1]:9090", "http://[::1]:9090"), ("", nil),
            ("http://", nil),
            ("ftp://x", nil), ("http://user@x", nil), ("http://x/?key=y", nil), (":9090", nil), ("http://a b", nil),
        ])
    func address(text: String, expected: String?) { #expect(AdminAddress(text)?.description == expected) }

    @Test(
        "A listener on every address is reached on the loopback",
        arguments: [
            ("0.0.0.0", "http://127.0.0.1:9090"), ("::", "http://[::1]:9090"), ("192.0.2.1", "http://192.0.2.1:9090"),
        ])
    func listener(host: String, expected: String) {
        #expect(AdminAddress(ListenAddress(host: host, port: 9090)).description == expected)
    }

    @Test("Of a file of keys the first operator's is taken, else the first; or the one that stands alone")
    func files() throws {
        func key(in text: String) throws -> AdminCredential { try AdminCredential(file: "k", .holding(text)) }
        let keys = try key(in: "# mine\n\neve viewer \(other)\nlocal operator \(self.key)\nlast operator \(other)\n")
        #expect(keys.text == self.key)
        #expect(keys.source == "the key \"local\" of k")
        #expect(try key(in: "eve viewer \(other)\n").text == other)
        #expect(try key(in: "\(other)\n").source == "the key of k")
    }

    @Test(
        "A file without a usable key is refused, and nothing of it repeated",
        arguments: [
            "", "# nothing\n", "short\n", "local operator\n", "a b c d\n", "local operator tooshort\n",
        ])
    func badFiles(text: String) {
        let refusal = #expect(throws: AdminRefusal.self) { try AdminCredential(file: "k", .holding(text)) }
        #expect(refusal?.description.hasPrefix("k") == true)
        #expect(refusal?.description.contains("tooshort") == false)
    }

    @Test("A file that others may read is refused, and so is one that is not there")
    func closedFiles() {
        let open = #expect(throws: AdminRefusal.self) {
            try AdminCredential(file: "k", .holding("\(key)\n", mode: "0644"))
        }
        #expect(open?.description == "k is open to others (mode 0644); run: chmod 0600 k")
        let absent = #expect(throws: AdminRefusal.self) { try AdminCredential(file: "/nowhere/k") }
        #expect(
            absent?.description.hasPrefix("/nowhere/k cannot be read: No such file or directory; name a file") == true)
    }

    @Test("The variable's key is taken, and refused where it is none, unrepeated")
    func environment() throws {
        #expect(
            try AdminCredential(environment: ["ANTEROOM_ADMIN_KEY": key])?.source == "the key of ANTEROOM_ADMIN_KEY")
        #expect(try AdminCredential(environment: ["ANTEROOM_ADMIN_KEY": ""]) == nil)
        #expect(try AdminCredential(environment: [:]) == nil)
        let refusal = #expect(throws: AdminRefusal.self) {
            try AdminCredential(environment: ["ANTEROOM_ADMIN_KEY": "hunter2 hunter2 hunter2 hunter2 hunter2"])
        }
        #expect(refusal?.description.contains("hunter2") == false)
    }
}

extension FileAccess {
    fileprivate static func holding(_ text: String, mode: String? = nil) -> FileAccess {
        FileAccess(
            stamp: { _ in nil }, read: { _, _ in Array(text.utf8) }, exposure: { _ in mode })
    }
}
