import Testing

@testable import RoomConfiguration

@Suite("TLS in the configuration")
struct TLSTests {
    private static let files = [
        "site.pem": "S", "site.key": "K", "other.pem": "O", "other.key": "L", "ca.pem": "A",
    ]
    /// A content says what it is good for: `K` belongs to `S`, `L` to `O`, `A` is an authority.
    private static let checks = PEMChecks(
        pair: { files in
            guard files.certificate.bytes != Array("A".utf8) else { return .init(.certificate, "is bad", "mend it") }
            let pairs: Set = [["S", "K"], ["O", "L"]]
            let pair = [files.certificate, files.key].map { String(decoding: $0.bytes, as: UTF8.self) }
            return pairs.contains(pair) ? nil : .init(.key, "does not fit", "write another")
        },
        authorities: { $0.bytes == Array("A".utf8) ? nil : .init(.certificate, "is no authority", "name one") })

    private func load(_ text: String) -> Result<Configuration, ConfigurationMistakes> {
        RoomConfigurationTests.load(text, other: Self.files, pemChecks: Self.checks)
    }

    private func problems(_ text: String) -> [String] {
        guard case .failure(let mistakes) = load(text) else { return [] }
        return mistakes.problems.map(\.description)
    }

    private func file(_ name: String) -> PEMFile {
        PEMFile(path: name, bytes: Array((Self.files[name] ?? "").utf8))
    }

    @Test("Every key of gate.tls arrives in its place, the files with their content")
    func visitors() throws {
        let text = """
            gate:
              listen:
                - { address: "127.0.0.1:443", service: https }
                - { address: "127.0.0.1:80", service: redirect }
              tls:
                certificates:
                  - { certificate: site.pem, key: site.key }
                  - { certificate: other.pem, key: other.key }
                minimum_version: TLSv1.3
                hsts: { max_age: 8760h, include_subdomains: true, preload: true }
            rooms: [{ id: a, target_url: http://o }]
            """
        let tls = try load(text).get().gate.tls
        let expected = VisitorTLS(
            certificates: [
                CertificateFiles(certificate: file("site.pem"), key: file("site.key")),
                CertificateFiles(certificate: file("other.pem"), key: file("other.key")),
            ],
            minimumVersion: .tls13,
            hsts: StrictTransport(maxAge: 31_536_000, includesSubdomains: true, preload: true))
        #expect(tls == expected)
    }

    @Test("An https origin has port 443, verification and every key of origin_tls")
    func origins() throws {
        let text = """
            passthrough:
              - { hosts: [w.test], target_url: "https://w:8443/base", origin_tls: { verify: false } }
            rooms:
              - { id: a, target_url: HTTPS://o, match: { paths: [/a] } }
              - id: b
                target_url: https://o
                origin_tls:
                  { ca_file: ca.pem, server_name: Shop.Internal, certificate: site.pem, key: site.key }
            """
        let configuration = try load(text).get()
        let client = CertificateFiles(certificate: file("site.pem"), key: file("site.key"))
        let special = OriginTLS(authorities: file("ca.pem"), serverName: "shop.internal", client: client)
        #expect(
            configuration.rooms.flatMap(\.target.origins) == [
                Origin(scheme: .https(OriginTLS()), host: "o", port: 443),
                Origin(scheme: .https(special), host: "o", port: 443),
            ])
        let open = Origin(scheme: .https(OriginTLS(verifies: false)), host: "w", port: 8443, pathPrefix: "/base")
        #expect(configuration.passthrough.flatMap(\.target.origins) == [open])
    }

    @Test(
        "An origin's authority leaves out the port that its scheme means",
        arguments: [
            ("http://o", "o"), ("http://o:443", "o:443"), ("https://o", "o"), ("https://o:80", "o:80"),
            ("https://[::1]:443", "[::1]"),
        ])
    func authority(url: String, authority: String) throws {
        #expect(
            try load("rooms: [{ id: a, target_url: \"\(url)\" }]").get().rooms.first?.target.origins.first?.authority
                == authority)
    }

    @Test("A mistake names its place, what is wrong and what would be right")
    func mistakes() {
        func check(_ gate: String, _ said: String..., at location: SourceLocation = #_sourceLocation) {
            let text = "gate: \(gate)\nrooms: [{ id: a, target_url: http://o }]"
            #expect(problems(text) == said.map { "a.yml:1:\($0)" }, sourceLocation: location)
        }
        check(
            "{ listen: [{ address: \"0.0.0.0:443\", service: https }] }",
            "9: gate.listen: 0.0.0.0:443 serves https, and gate.tls has no certificate; "
                + "write tls: { certificates: [{ certificate: site.pem, key: site.key }] }")
        check(
            "{ listen: [{ address: \"0.0.0.0:80\", service: redirect }] }",
            "9: gate.listen: 0.0.0.0:80 redirects to https, which no listener serves; "
                + "write a listener with service: https")
        check(
            "{ tls: { certificates: [{ certificate: none.pem, key: site.key }] } }",
            "33: gate.tls.certificates[0].certificate: \"none.pem\" cannot be read: No such file or directory; "
                + "name a file that this user may read")
        check(
            "{ tls: { certificates: [{ certificate: ca.pem, key: site.key }] } }",
            "33: gate.tls.certificates[0].certificate: \"ca.pem\" is bad; mend it")
        check(
            "{ tls: { certificates: [{ certificate: site.pem, key: other.key }] } }",
            "56: gate.tls.certificates[0].key: \"other.key\" does not fit; write another")
        check(
            "{ tls: { certificates: [{ certificate: site.pem }] } }",
            "33: gate.tls.certificates[0].certificate: stands without key; write both")
        check(
            "{ tls: { certificates: [{}] } }",
            "31: gate.tls.certificates[0].certificate: is missing; write certificate: and key:, two PEM files")
        check(
            "{ tls: { minimum_version: TLSv1.1 } }",
            "16: gate.tls.minimum_version: \"TLSv1.1\" is not known here; write TLSv1.2 or TLSv1.3")
        check(
            "{ tls: { hsts: { max_age: 24h, preload: true } } }",
            "38: gate.tls.hsts.preload: no preload list takes this; "
                + "write a max_age of at least 8760h and include_subdomains: true, or preload: false")
    }

    @Test("A mistake in origin_tls names its place, what is wrong and what would be right")
    func originMistakes() {
        func check(
            _ tls: String, _ said: String, url: String = "https://o", at location: SourceLocation = #_sourceLocation
        ) {
            let text = "rooms:\n- id: a\n  target_url: \(url)\n  origin_tls: \(tls)"
            #expect(problems(text) == ["a.yml:4:\(said)"], sourceLocation: location)
        }
        check(
            "{ verify: false }",
            "3: rooms[0].origin_tls: the origin is not spoken to by TLS; write an https:// URL as target_url",
            url: "http://o")
        check(
            "{ ca_file: site.pem }", "17: rooms[0].origin_tls.ca_file: \"site.pem\" is no authority; name one")
        check(
            "{ server_name: 10.0.0.1 }",
            "17: rooms[0].origin_tls.server_name: \"10.0.0.1\" is an address; "
                + "write a name; an address in the URL needs no server_name")
        check(
            "{ ca_file: ca.pem, verify: false }",
            "34: rooms[0].origin_tls.verify: trusts everybody, and ca_file only some; remove one of the two")
        check("{ key: site.key }", "17: rooms[0].origin_tls.key: stands without certificate; write both")
    }

    @Test("A key's bytes stand in no text that is made of it")
    func secrecy() {
        let secret = PEMFile(path: "site.key", bytes: [83, 69, 67])
        var dumped = ""
        dump(CertificateFiles(certificate: secret, key: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(text.contains("site.key") && !text.contains("83") && !text.contains("SEC"), "\(text)")
        }
    }

    @Test("A changed certificate is a changed configuration, and is watched")
    func changes() throws {
        let text = """
            gate: { tls: { certificates: [{ certificate: site.pem, key: site.key }] } }
            rooms: [{ id: a, target_url: http://o }]
            """
        let files = TestFiles(Self.files)
        files.write(text, to: "etc/a.yml")
        files.write("S", to: "etc/site.pem")
        files.write("K", to: "etc/site.key")
        let loader = ConfigurationLoader(files: files.access)
        let before = loader.attempt(path: "etc/a.yml", environment: [:])
        #expect(before.stamps.keys.sorted() == ["etc/a.yml", "etc/site.key", "etc/site.pem", "var/keys/admin.keys"])
        files.write("T", to: "etc/site.pem")
        let after = loader.attempt(path: "etc/a.yml", environment: [:])
        #expect(try before.result.get() != after.result.get())
        #expect(before.stamps != after.stamps)
    }
}
