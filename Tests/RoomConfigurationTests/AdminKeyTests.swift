import RoomConfiguration
import Testing

@Suite("The keys of the admin API")
struct AdminKeyTests {
    private let key = String(repeating: "k", count: 32)
    private let path = "var/keys/admin.keys"

    private func keys(_ text: String) throws -> [AdminKey]? { try load(room(), other: [path: text]).get().admin.keys }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try keys(text)
            return []
        } catch {
            return (error as? ConfigurationMistakes)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test("One a line, with comments, empty lines and any white space between")
    func lines() throws {
        let keys = try keys("# mine\r\n\n local  operator\t\(key)\r\nwall_1.x-2 viewer \(key)2\n#x y z\n")
        #expect(keys?.map(\.description) == ["local operator", "wall_1.x-2 viewer"])
        #expect(keys?.map(\.key) == [key, key + "2"])
        #expect(keys.map { !"\($0)".contains("kkk") } == true)
        #expect(try self.keys("")?.isEmpty == true)
    }

    @Test("A file that is not there yet is no mistake, and another may be named")
    func absent() throws {
        #expect(try load(room()).get().admin.keys == nil)
        let named = try load("admin: { keys_file: k }\n" + room(), other: ["k": "a viewer \(key)"]).get()
        #expect(named.admin.keysFile == "k" && named.admin.keys?.count == 1)
    }

    @Test("A mistake has file and line, and never repeats what stands there")
    func wrong() {
        let start = "\(path):2:1: admin.keys_file: "
        for (line, said) in [
            (key, "the line has 1 words, not 3; write a name, viewer or operator, and a key of at least 32 characters"),
            ("a operator \(key) x", "the line has 4 words, not 3"),
            ("a/b operator \(key)", "the first word is not a name; write 1 to 64 letters"),
            ("a owner \(key)", "the second word is not a role; write viewer or operator"),
            ("a viewer \(key.dropLast())", "the key is not 32 to 512 characters of A-Z, a-z, 0-9, _ and -; make one"),
            ("a viewer \(key)!", "the key is not 32 to 512 characters"),
        ] {
            let problems = mistakes("first operator 0\(key)\n\(line)\n")
            #expect(problems.count == 1 && problems[0].hasPrefix(start + said), "\(problems)")
            #expect(problems[0].contains("kkkkk") == false)
        }
        #expect(
            mistakes("a viewer \(key)\na viewer \(key)1\nb viewer \(key)") == [
                "\(path):2:1: admin.keys_file: \"a\" has a key already; give each key a name of its own",
                "\(path):3:1: admin.keys_file: the key is that of \"a\"; make another: openssl rand -hex 32",
            ])
    }

    @Test("A file that others may read, or that is too large, is refused")
    func exposed() {
        let files = TestFiles(["a.yml": room(), path: "a viewer \(key)"])
        var access = files.access
        access.exposure = { $0 == "var/keys/admin.keys" ? "0644" : nil }
        let error = #expect(throws: ConfigurationMistakes.self) {
            try ConfigurationLoader(files: access).load(path: "a.yml", environment: [:])
        }
        #expect(
            error?.problems.map(\.description) == [
                "\(path): admin.keys_file: \"\(path)\" is open to others (mode 0644); run: chmod 0600 \(path)"
            ])
        #expect(mistakes(String(repeating: "#", count: 64 * 1024 + 1)).first?.contains("is too large") == true)
    }
}
